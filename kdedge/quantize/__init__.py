"""Smaller files from a GGUF: the call into llama.cpp's quantiser, whole files or nothing."""
