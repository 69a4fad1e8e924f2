"""Runs side by side: what differs, what is on the front, which problems were won and lost."""

from kdedge_gui.pages.compare.page import ComparePage

__all__ = ["ComparePage"]
