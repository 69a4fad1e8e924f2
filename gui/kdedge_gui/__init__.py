"""The PySide6 desktop app. Nothing is here yet: see CHANGELOG.md."""
