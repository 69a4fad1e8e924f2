"""kdedge: make a code model small, run it locally, and know what it costs and what it can do."""

__version__ = "0.1.0"
