"""Convert: from a checkpoint to a proven GGUF file, and from that to quantisations."""

from kdedge_gui.pages.convert.page import ConvertPage

__all__ = ["ConvertPage"]
