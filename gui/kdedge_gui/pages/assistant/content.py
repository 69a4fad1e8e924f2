"""Which part of the assistant is in view: a rule on values, without widgets."""

from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kdedge_gui.engine.ask import LoadedFacts

Mode = Literal["chat", "completion", "fill"]
MODES: tuple[Mode, ...] = ("chat", "completion", "fill")


class Content(Enum):
    """What fills the page."""

    CHAT = "chat"
    COMPLETION = "completion"
    FILL = "fill"
    NO_MODEL = "no model"
    LOADING = "loading"
    NO_CHAT = "no chat template"
    NO_FILL = "no fill-in-the-middle tokens"


def content_of(mode: Mode, *, state: str, loaded: "LoadedFacts | None", has_text: bool) -> Content:
    """Return what is shown in ``mode``.

    Args:
        mode: What the user chose.
        state: Of the engine.
        loaded: What is known of the loaded model.
        has_text: Something is in this mode that must stay in view without a model.
    """
    own = Content(mode)
    if loaded is None:
        if has_text:
            return own
        is_loading = state in {"starting", "loading"}
        return Content.LOADING if is_loading else Content.NO_MODEL
    if mode == "chat" and not loaded.has_chat_template:
        return own if has_text else Content.NO_CHAT
    if mode == "fill" and not loaded.has_fim:
        return Content.NO_FILL
    return own
