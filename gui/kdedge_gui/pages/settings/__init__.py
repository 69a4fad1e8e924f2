"""Settings: what the user chooses, where files are, and what may be taken to a report."""

from kdedge_gui.pages.settings.page import SettingsPage

__all__ = ["SettingsPage"]
