"""pyqtgraph, imported once in a thread, so that the window goes on while it comes.

It takes half a second to a second. Charts ask here; without pyqtgraph they say how to get it.
"""

import importlib
import logging
import threading

from PySide6.QtCore import QObject, Qt, Signal

from kdedge_gui.translate import tr

_log = logging.getLogger(__name__)


class Plotting(QObject):
    """Whether charts can be drawn; ``arrived`` says that this is known."""

    arrived = Signal()
    _came = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.is_ready = False
        self.problem = ""
        """Why there is no drawing; empty while that is not known."""
        self._thread: threading.Thread | None = None
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def fetch(self) -> None:
        """Begin to import in a thread, unless that has been done."""
        if self._thread is None and not self.is_ready and not self.problem:
            self._thread = threading.Thread(target=self._work, name="plotting", daemon=True)
            self._thread.start()

    def load_now(self) -> None:
        """Import here and now, for pictures and tests."""
        if not self.is_ready and not self.problem:
            self._take(_imported())

    def _work(self) -> None:
        self._came.emit(_imported())

    def _take(self, problem: str) -> None:
        if self.is_ready or self.problem:
            return
        self.is_ready, self.problem = not problem, problem
        self.arrived.emit()


_plotting: Plotting | None = None


def plotting() -> Plotting:
    """Return the one object that knows."""
    global _plotting  # noqa: PLW0603 - one import in a process
    if _plotting is None:
        _plotting = Plotting()
    return _plotting


def load_now() -> None:
    """Import pyqtgraph at once: a picture of a page cannot wait."""
    plotting().load_now()


def _imported() -> str:
    try:
        importlib.import_module("kdedge_gui.charts.canvas")
    except ImportError as error:
        _log.info("no charts: %s", error)
        if (error.name or "").partition(".")[0] in {"pyqtgraph", "numpy"}:
            return tr(
                "Charts need pyqtgraph: install it with pip install 'kdedge-toolkit[gui]'. "
                "Until then the numbers can be read as a table."
            )
        return tr(
            "Charts cannot be drawn here ({error}). The numbers can be read as a table."
        ).format(error=error)
    return ""
