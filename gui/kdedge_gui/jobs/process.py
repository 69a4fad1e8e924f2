"""A child process that speaks JSON lines, watched without ever waiting for it.

What it writes is taken in portions, at most thirty times a second, so that neither a flood of
tokens nor a runaway log holds up the window.
"""

import json
import logging
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from kdedge_gui.jobs.lines import MAX_LOG_LINES, LogLines, MessageLines
from kdedge_gui.jobs.outcome import Ending

_log = logging.getLogger(__name__)
_EVERY_MS = 33
_PORTION_BYTES = 128 * 1024
"""Read in one go: takes a few milliseconds."""
_MOST_WAITING_BYTES = 8 * 1024**2
"""A child that writes messages faster than they are read has run wild: they are passed over."""
_MOST_TOLD = 20
"""After so many unreadable lines of a child no more of them are logged."""
_ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
    # Without this an abort starts a debugger to print where it happened.
    "GGML_NO_BACKTRACE": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """How children are started; tests put their own programs here."""

    kdedge: tuple[str, ...] = (sys.executable, "-u", "-m", "kdedge")
    worker: tuple[str, ...] = (sys.executable, "-u", "-m", "kdedge.runtime.worker")


class LineProcess(QObject):
    """One child at a time; may be started again after its end."""

    messages = Signal(list)
    """JSON objects from its stdout, in portions."""
    log_lines = Signal(list)
    """Lines of its stderr, in portions; those that came too fast are left out."""
    ended = Signal(object)
    """An ``Ending``, after everything that the child wrote."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.log: deque[str] = deque(maxlen=MAX_LOG_LINES)
        """The newest lines of its stderr."""
        self._messages, self._logged = MessageLines(), LogLines()
        self._printed: LogLines | None = None
        self._ending: Ending | None = None
        self._process = QProcess(self)
        self._timer = QTimer(self, singleShot=True, interval=_EVERY_MS)
        self._killer = QTimer(self, singleShot=True)
        self._process.readyReadStandardOutput.connect(self._wake)
        self._process.readyReadStandardError.connect(self._wake)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._timer.timeout.connect(self._take)
        self._killer.timeout.connect(self._process.kill)

    @property
    def is_running(self) -> bool:
        """Return whether there is a child; until its last words were delivered."""
        return self._ending is not None or self._exists

    @property
    def pid(self) -> int:
        """Return the child's process id; 0 without one."""
        return int(self._process.processId())

    @property
    def n_unreadable(self) -> int:
        """Return how many lines of its stdout were no JSON object."""
        return self._messages.n_unreadable

    def start(
        self,
        words: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        is_plain: bool = False,
    ) -> None:
        """Start a child.

        Args:
            words: Program and arguments.
            environment: More variables for it; what the user has set goes first.
            is_plain: Its stdout is text for people and goes to the log.

        Raises:
            ValueError: There is one already.
        """
        if self.is_running:
            raise ValueError("the child before has not ended")
        self._messages, self._logged = MessageLines(), LogLines()
        self._printed = LogLines() if is_plain else None
        self.log.clear()
        variables = QProcessEnvironment.systemEnvironment()
        for name, value in {**_ENVIRONMENT, **(environment or {})}.items():
            if not variables.contains(name):
                variables.insert(name, value)
        self._process.setProcessEnvironment(variables)
        self._process.start(words[0], list(words[1:]))

    def send(self, message: Mapping[str, Any]) -> None:
        """Write one JSON line to its stdin; a child that is gone is told by ``ended``."""
        if self._exists:
            self._process.write(json.dumps(message).encode("ascii") + b"\n")

    def close_input(self) -> None:
        """End its stdin, once what was sent is written."""
        self._process.closeWriteChannel()

    def terminate(self, *, then_kill_after_s: float) -> None:
        """Ask it to end, and kill it if it has not after a while."""
        self._process.terminate()
        self.kill_after(then_kill_after_s)

    def kill_after(self, seconds: float) -> None:
        """Kill it if it is still there after a while."""
        if self._exists:
            self._killer.start(round(1000 * seconds))

    def kill(self) -> None:
        """End it by force."""
        self._process.kill()

    def wait(self, deadline: QDeadlineTimer) -> None:
        """Wait for its end, and kill it at ``deadline``: only when the app closes."""
        if self._exists and not self._process.waitForFinished(max(1, deadline.remainingTime())):
            self._process.kill()
            self._process.waitForFinished(1000)
        while self._ending is not None:
            self._take()

    @property
    def _exists(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    def _wake(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _take(self) -> None:
        """Deliver what has come; the child's end after the last of it."""
        self._take_log()
        is_more = self._take_messages()
        if is_more:
            self._timer.start()
        elif self._ending is not None:
            ending, self._ending = self._ending, None
            self._timer.stop()
            self._say_log(self._logged.end())
            self.ended.emit(ending)

    def _take_messages(self) -> bool:
        """Return whether more wait."""
        stdout = QProcess.ProcessChannel.StandardOutput
        if self._printed is not None:
            self._say_log(self._newest(stdout, self._printed))
            return False
        too_many = self._waiting(stdout) - _MOST_WAITING_BYTES
        if too_many > 0:
            self._messages.pass_over()
            self._process.skip(too_many)
        unreadable = self._messages.n_unreadable
        messages = self._messages.feed(self._read())
        if unreadable < self._messages.n_unreadable and unreadable < _MOST_TOLD:
            _log.warning("unreadable line: %s", self._messages.last_unreadable)
        if messages:
            self.messages.emit(messages)
        return self._process.bytesAvailable() > 0

    def _take_log(self) -> None:
        self._say_log(self._newest(QProcess.ProcessChannel.StandardError, self._logged))

    def _newest(self, channel: QProcess.ProcessChannel, lines: LogLines) -> list[str]:
        """Return the newest lines of a channel; what came too fast is passed over."""
        too_many = self._waiting(channel) - _PORTION_BYTES
        if too_many > 0:
            lines.pass_over()
            self._process.skip(too_many)
        return lines.feed(self._read())

    def _waiting(self, channel: QProcess.ProcessChannel) -> int:
        self._process.setReadChannel(channel)
        return self._process.bytesAvailable()

    def _read(self) -> bytes:
        """Return a portion of the channel chosen last."""
        if not self._process.isOpen():
            return b""
        return bytes(self._process.read(_PORTION_BYTES).data())

    def _say_log(self, lines: list[str]) -> None:
        if lines:
            self.log.extend(lines)
            self.log_lines.emit(lines)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._killer.stop()
        crashed = status == QProcess.ExitStatus.CrashExit
        self._ending = Ending(exit_code=-code if crashed else code)
        self._timer.start(0)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            words = self._process.errorString()
            self._ending = Ending(exit_code=1, never_started=words)
            self._timer.start(0)
