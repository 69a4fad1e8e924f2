"""Runs steps one after another: each starts when the one before has ended well."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.convert.plan import Step

if TYPE_CHECKING:
    from kdedge_gui.jobs.job import Job
    from kdedge_gui.jobs.job_list import JobList


class Runner(QObject):
    """At most one sequence at a time; what was made before a failure or a cancel stays."""

    began = Signal(int, object)
    """Number of the step, and the step."""
    progressed = Signal(object)
    """A ``PhaseProgress`` of the step."""
    stepped = Signal(object, object)
    """A step, and the document it left."""
    ended = Signal()
    """All are done, or it was cancelled."""
    failed = Signal(object)
    """An ``ErrorInfo``; nothing more is started."""

    def __init__(self, jobs: "JobList", parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._steps: tuple[Step, ...] = ()
        self._at = 0
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        """Whether a step runs or waits for its turn."""
        return self._job is not None

    def start(self, steps: Sequence[Step]) -> None:
        """Run ``steps``.

        Raises:
            ValueError: Others still run.
        """
        if self.is_running:
            raise ValueError("one sequence at a time")
        self._steps, self._at = tuple(steps), 0
        self._start_next()

    def cancel(self) -> None:
        """Stop the step that runs, and start none of the others."""
        self._steps = self._steps[: self._at + 1]
        if self._job is not None:
            self._job.cancel()

    def _start_next(self) -> None:
        step = self._steps[self._at]
        self._job = job = self._jobs.start(step.spec)
        job.events.connect(self._on_events)
        job.finished.connect(self._on_finished)
        self.began.emit(self._at, step)

    def _on_events(self, events: list[dict[str, Any]]) -> None:
        told = [each for each in events if each["event"] == "progress"]
        if told and self._job is not None:
            phase = self._job.phases.get(str(told[-1].get("phase")))
            if phase is not None:
                self.progressed.emit(phase)

    def _on_finished(self, outcome: JobOutcome) -> None:
        step, self._job = self._steps[self._at], None
        if outcome.document is not None:
            self.stepped.emit(step, outcome.document)
        if outcome.status == "cancelled":
            self.ended.emit()
        elif outcome.status != "done" or outcome.error is not None:  # a gate, too
            self.failed.emit(outcome.error or self._unknown())
        elif self._at + 1 < len(self._steps):
            self._at += 1
            self._start_next()
        else:
            self.ended.emit()

    def _unknown(self) -> ErrorInfo:
        return ErrorInfo(
            problem=self.tr("The job ended without saying why."),
            hint=self.tr("Run the command line in a terminal to see more."),
        )
