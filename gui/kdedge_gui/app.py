"""From a process to a window: what happens before it is shown, and what waits until after.

Before: settings, theme, the first page. After: services, log file, and what the last crash left.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import TracebackType

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtWidgets import QApplication

from kdedge.core.errors import KdedgeError
from kdedge.core.paths import writable_home
from kdedge_gui.crash_record import CrashRecord
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.main_window import MainWindow
from kdedge_gui.qt_override import override
from kdedge_gui.state import AppState
from kdedge_gui.theme.icons import app_icon

_log = logging.getLogger(__name__)
_LOG_BYTES = 256 * 1024
_CALM_MS = 400
"""The first page shows what it finds before the others are made."""


def run(arguments: Sequence[str] = ()) -> int:
    """Open the window and return the exit code when it has closed."""
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("kdedge")
    app.setApplicationDisplayName("kdedge")
    app.setDesktopFileName("kdedge")
    app.setWindowIcon(app_icon())
    record = CrashRecord()
    record.open()
    state = AppState()
    state.themes.apply(app)
    window = MainWindow(state)
    reporter = Reporter(window)
    sys.excepthook = reporter.on_exception
    stopper = SignalStopper(window)
    window.show()
    QTimer.singleShot(0, lambda: _start_services(state, window, record))
    code = app.exec()
    stopper.close()
    record.close()
    return code


class Reporter(QObject):
    """An exception that nobody caught: logged, and said on the window; the app goes on."""

    _happened = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._happened.connect(self._show)

    def on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Take ``sys.excepthook``'s place; may be called in any thread."""
        if issubclass(kind, KeyboardInterrupt) or not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("nobody caught this", exc_info=(kind, error, trace))
        self._happened.emit(ErrorInfo.of_exception(error))

    def _show(self, error: ErrorInfo) -> None:
        self._window.show_error(error)


class SignalStopper(QObject):
    """Ctrl-C in the terminal and SIGTERM close the window as the user does, without a question."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._ours, self._pythons = os.pipe()
        os.set_blocking(self._pythons, False)
        self._before = signal.set_wakeup_fd(self._pythons)
        # Qt's loop runs no Python, so that a handler alone would wait for the next event.
        self._notifier = QSocketNotifier(self._ours, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    def close(self) -> None:
        """Let signals do what they do by default."""
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        for end in (self._ours, self._pythons):
            os.close(end)

    def _on_signal(self) -> None:
        os.read(self._ours, 64)
        self._window.close_now()


class _LogLines(QObject):
    """Carries log records of any thread into the GUI thread."""

    line = Signal(str)


class _LogToWindow(logging.Handler):
    """The app's own log records, in the log dock."""

    def __init__(self, lines: _LogLines) -> None:
        super().__init__(level=logging.WARNING)
        self._lines = lines

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._lines.line.emit(self.format(record))


def _start_services(state: AppState, window: MainWindow, record: CrashRecord) -> None:
    _open_log(window)
    state.start()
    QTimer.singleShot(_CALM_MS, window.prepare_pages)
    trace = record.left_behind()
    if trace:
        window.show_error(
            ErrorInfo(
                problem=window.tr("The app ended unexpectedly the last time."),
                hint=window.tr("Jobs and results are kept. The details help to find the cause."),
                detail=trace,
            )
        )


def _open_log(window: MainWindow) -> None:
    """Write warnings and errors to a small file for a report, and show them in the log dock."""
    from logging.handlers import RotatingFileHandler  # takes a while to import

    lines = _LogLines(window)
    name = window.tr("The app")
    lines.line.connect(lambda text: window.log.append(name, text))
    root = logging.getLogger()
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handlers: list[logging.Handler] = [_LogToWindow(lines)]
    try:
        folder = writable_home()
    except KdedgeError:
        pass  # the page that needs the folder says so
    else:
        handlers.append(
            RotatingFileHandler(
                folder / "app.log", maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8"
            )
        )
    for handler in handlers:
        handler.setLevel(logging.WARNING)
        handler.setFormatter(form)
        root.addHandler(handler)
