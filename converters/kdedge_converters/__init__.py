"""Hugging Face checkpoint to GGUF, with numpy alone. Nothing is here yet: see CHANGELOG.md."""
