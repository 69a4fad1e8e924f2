"""Colours, style sheet and icons: what makes the window look the same everywhere."""
