"""What is on this machine: the library of GGUF files, their headers, and whether they fit."""
