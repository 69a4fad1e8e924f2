"""One request to the engine, from the question to its end, whatever that is.

The engine tells everyone everything; a ``Generation`` hears what belongs to it, and ends exactly
once: finished, or cut off when the worker died, was ended or refused the prompt.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from kdedge_gui.engine.ask import Ask, Finished, LiveStat

if TYPE_CHECKING:
    from kdedge_gui.engine.link import EngineLink


class Generation(QObject):
    """Made when it begins; deletes itself after its end."""

    text = Signal(str)
    """What was generated since the last time."""
    stat = Signal(object)
    """A ``LiveStat``."""
    finished = Signal(object)
    """A ``Finished``; nothing comes after it."""
    cut_off = Signal()
    """It ended without a result; the engine's ``failed`` says why. Nothing comes after it."""

    def __init__(self, engine: "EngineLink", ask: Ask, *, parent: QObject) -> None:
        """Ask.

        Args:
            engine: It must be ready.
            ask: What is wanted.
            parent: Qt's parent.

        Raises:
            ValueError: The engine is not ready.
        """
        super().__init__(parent)
        self._engine = engine
        self._is_over = False
        self._is_stopped = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._check)
        self._request_id = engine.generate(ask)
        engine.text.connect(self._on_text)
        engine.stat.connect(self._on_stat)
        engine.completed.connect(self._on_completed)
        engine.state_changed.connect(self._on_state)

    @property
    def is_over(self) -> bool:
        """Return whether it has ended."""
        return self._is_over

    @property
    def is_stopped(self) -> bool:
        """Return whether its end was asked for."""
        return self._is_stopped

    def stop(self) -> None:
        """Ask for the end; what was generated so far comes with ``finished``."""
        if not self._is_over:
            self._is_stopped = True
            self._engine.stop()

    def _on_text(self, request_id: str, text: str) -> None:
        if request_id == self._request_id and not self._is_over:
            self.text.emit(text)

    def _on_stat(self, stat: LiveStat) -> None:
        if stat.request_id == self._request_id and not self._is_over:
            self.stat.emit(stat)

    def _on_completed(self, finished: Finished) -> None:
        if finished.request_id == self._request_id and not self._is_over:
            self._end()
            self.finished.emit(finished)

    def _on_state(self, state: str) -> None:
        self._is_stopped = self._is_stopped or state == "stopping"
        # The engine says that it is ready just before it hands over the result.
        if state not in {"generating", "stopping"} and not self._is_over:
            self._soon.start()

    def _check(self) -> None:
        if not self._is_over:
            self._end()
            self.cut_off.emit()

    def _end(self) -> None:
        self._is_over = True
        self.deleteLater()
