"""Models: what is on this machine, what each file says of itself, and whether it fits."""

from kdedge_gui.pages.models.page import ModelsPage

__all__ = ["ModelsPage"]
