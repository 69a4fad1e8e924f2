"""The assistant: chat, completion and fill-in-the-middle with the loaded model."""

from kdedge_gui.pages.assistant.page import AssistantPage

__all__ = ["AssistantPage"]
