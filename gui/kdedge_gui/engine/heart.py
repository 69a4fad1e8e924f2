"""Whether the worker still lives: it is pinged, and any word from it counts as an answer."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

_EVERY_S = 5.0
_UNANSWERED = 2
"""So many pings without a word: it does not respond."""


class Heart(QObject):
    """Pings the worker from ``start`` to ``stop``."""

    silent = Signal()
    """No word for ten seconds; said once."""
    back = Signal()
    """A word after ``silent``."""

    def __init__(self, ping: Callable[[], None], *, parent: QObject) -> None:
        super().__init__(parent)
        self._ping = ping
        self._n_unanswered = 0
        self._is_silent = False
        self._timer = QTimer(self, interval=round(1000 * _EVERY_S))
        self._timer.timeout.connect(self.beat)

    def start(self) -> None:
        """Begin to ping."""
        self._n_unanswered, self._is_silent = 0, False
        self._timer.start()

    def stop(self) -> None:
        """Ping no more."""
        self._timer.stop()

    def hear(self) -> None:
        """The worker has said something."""
        self._n_unanswered = 0
        if self._is_silent:
            self._is_silent = False
            self.back.emit()

    def beat(self) -> None:
        """Ping once more, or say that the last ones went unanswered."""
        if self._n_unanswered < _UNANSWERED:
            self._n_unanswered += 1
            self._ping()
        elif not self._is_silent:
            self._is_silent = True
            self.silent.emit()
