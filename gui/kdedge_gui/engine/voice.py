"""What the worker says, as values: its messages become signals, text joined on the way.

Knows the protocol and nothing of what is wanted; a message of another shape is logged and dropped.
"""

import logging
from typing import Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.engine.ask import (
    Finished,
    WorkerMemory,
    read_finished,
    read_live,
    read_loaded,
)
from kdedge_gui.errors import ErrorInfo

_log = logging.getLogger(__name__)


class Voice(QObject):
    """Hears messages in portions and tells what is in them."""

    greeted = Signal(object)
    """The number of its protocol."""
    load_progress = Signal(float)
    loaded = Signal(object)
    """``LoadedFacts``."""
    text = Signal(str, str)
    """Request id and all text of it in one portion."""
    stat = Signal(object)
    """A ``LiveStat``."""
    answered = Signal(object)
    """A list of requests is done: its ``Finished``, or ``None`` where none came."""
    memory = Signal(object)
    """A ``WorkerMemory``."""
    counted = Signal(int)
    complained = Signal(object)
    """An ``ErrorInfo`` in place of an answer."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.context_tokens = 0
        """Room of the model that was ordered last."""
        self._finished: Finished | None = None

    def reset(self) -> None:
        """A new request, or another worker: what was half said is over."""
        self._finished = None

    def hear(self, messages: list[dict[str, Any]]) -> None:
        """Tell what ``messages`` say, in their order."""
        texts: dict[str, list[str]] = {}
        for message in messages:
            if message.get("op") == "token":
                request_id = str(message.get("request_id"))
                texts.setdefault(request_id, []).append(str(message.get("text", "")))
                continue
            self._say(texts)
            try:
                self._hear(message)
            except (KeyError, TypeError, ValueError) as error:
                _log.warning("the worker said %.200r: %r", message, error)
        self._say(texts)

    def _say(self, texts: dict[str, list[str]]) -> None:
        for request_id, pieces in texts.items():
            self.text.emit(request_id, "".join(pieces))
        texts.clear()

    def _hear(self, message: dict[str, Any]) -> None:
        op = message.get("op")
        if op == "hello":
            self.greeted.emit(message.get("protocol"))
        elif op == "progress":
            self.load_progress.emit(float(message["fraction"]))
        elif op == "load":
            self.loaded.emit(read_loaded(message, context_tokens=self.context_tokens))
        elif op == "live":
            self.stat.emit(read_live(message, context_tokens=self.context_tokens))
        elif op == "done":
            self._finished = read_finished(message)
        elif op == "stat":
            finished, self._finished = self._finished, None
            self.answered.emit(finished)
        elif op == "memory":
            self.memory.emit(WorkerMemory(rss_bytes=int(message["rss_bytes"])))
        elif op == "tokens":
            self.counted.emit(int(message["count"]))
        elif op == "error":
            self.complained.emit(_complaint(message))


def _complaint(message: dict[str, Any]) -> ErrorInfo:
    return ErrorInfo(
        problem=str(message["problem"]),
        hint=str(message["hint"]),
        detail=str(message.get("detail", "")),
    )
