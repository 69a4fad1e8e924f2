"""Home: this machine, the two-minute check, the last runs."""

from kdedge_gui.pages.home.page import HomePage

__all__ = ["HomePage"]
