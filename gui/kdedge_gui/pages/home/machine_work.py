"""Looks at this machine: what was kept of the last time, then ``kdedge doctor`` if that is old."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import Job, JobSpec
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.home.last_look import Look, keep_look, look_now, read_look
from kdedge_gui.pages.home.machine_words import is_doctor_document

if TYPE_CHECKING:
    from kdedge_gui.state import AppState

_OLD_S = 3600.0


class MachineWork(QObject):
    """Fetches looks; knows no widget."""

    began = Signal()
    found = Signal(object)
    """A ``Look``."""
    ended = Signal()
    failed = Signal(object)
    """An ``ErrorInfo``."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None
        self._has_begun = False

    def spec(self) -> JobSpec:
        """Return the job that looks."""
        return JobSpec(
            verb="doctor",
            arguments=(),
            title=self.tr("Look at this machine"),
            heavy=False,
            supports_events=False,
        )

    def show_last(self) -> None:
        """Tell what was kept, once; look anew if that is old or nothing."""
        if not self._has_begun:
            self._has_begun = True
            self._state.background.run(
                read_look, owner=self, done=self._on_last, failed=lambda _: self.look()
            )

    def look(self) -> None:
        """Look at the machine now."""
        if self._job is not None:
            return
        self.began.emit()
        self._job = self._state.jobs.start(self.spec())
        self._job.finished.connect(self._on_finished)

    def _on_last(self, look: Look | None) -> None:
        if look is not None:
            self.found.emit(look)
        if look is None or not 0 <= look.age_s() < _OLD_S:
            self.look()

    def _on_finished(self, outcome: JobOutcome) -> None:
        self._job = None
        self.ended.emit()
        document = outcome.document
        if document is not None and is_doctor_document(document):
            look = look_now(document)
            self._state.background.run(lambda: keep_look(look), owner=self, done=_nothing)
            self.found.emit(look)
        elif outcome.status != "cancelled":
            self.failed.emit(outcome.error or self._no_document())

    def _no_document(self) -> ErrorInfo:
        return ErrorInfo(
            problem=self.tr("kdedge doctor ended without a result."),
            hint=self.tr("Try again, or run it in a terminal."),
        )


def _nothing(_: None) -> None:
    """Take the end of work whose outcome nobody needs."""
