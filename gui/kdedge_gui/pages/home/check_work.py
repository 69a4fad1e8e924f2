"""Runs the two-minute check, follows it, and finds the last one in the store."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge.core.run_summaries import run_summaries
from kdedge.models.starter import starter_model
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.home.check_progress import CheckProgress
from kdedge_gui.pages.home.check_words import SUITE, check_result, check_spec, is_check_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kdedge.core.run_summaries import RunSummary
    from kdedge.core.store import Store
    from kdedge_gui.jobs.job import Job
    from kdedge_gui.state import AppState

_NEWEST_RUNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCheck:
    """What the store has of earlier checks."""

    document: "Mapping[str, Any] | None"
    """Of the newest that was finished."""
    can_resume: bool
    """The newest of all was stopped."""


class CheckWork(QObject):
    """Fetches checks; knows no widget."""

    waiting = Signal()
    progressed = Signal(object)
    """A ``CheckProgress``."""
    stopping = Signal()
    found = Signal(object)
    """A ``CheckResult``."""
    idle = Signal(bool)
    """Nothing runs and there is no result; whether one can be gone on with."""
    failed = Signal(object)
    """An ``ErrorInfo``; ``idle`` comes with it."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None
        self._progress = CheckProgress()
        self._can_resume = False

    @property
    def is_running(self) -> bool:
        """Return whether a check runs or waits to run."""
        return self._job is not None

    def show_last(self) -> None:
        """Tell what the store has, unless a check is under way."""
        if self._job is None:
            self._state.store.ask(last_check, owner=self, done=self._on_last)

    def start(self) -> None:
        """Start the check, or go on with the one that was stopped."""
        if self._job is not None:
            return
        spec = check_spec()
        self._progress = CheckProgress()
        job = self._state.jobs.start(spec.resumed() if self._can_resume else spec)
        self._job = job
        job.state_changed.connect(self._on_state)
        job.events.connect(self._on_events)
        job.finished.connect(self._on_finished)
        self._on_state(job.state)

    def stop(self) -> None:
        """Stop it where it can go on."""
        if self._job is not None:
            self._job.cancel()

    def _on_state(self, state: str) -> None:
        if state == "waiting":
            self.waiting.emit()
        elif state == "running":
            self.progressed.emit(self._progress)
        elif state == "stopping":
            self.stopping.emit()

    def _on_events(self, events: list[dict[str, Any]]) -> None:
        self._progress = self._progress.after(events)
        self.progressed.emit(self._progress)

    def _on_finished(self, outcome: JobOutcome) -> None:
        job, self._job = self._job, None
        self._can_resume = job is not None and job.can_resume
        self._state.store.poke()
        if is_check_document(outcome.document):
            assert outcome.document is not None
            self.found.emit(check_result(outcome.document))
            return
        self.idle.emit(self._can_resume)
        if outcome.error is not None:
            self.failed.emit(outcome.error)

    def _on_last(self, last: LastCheck) -> None:
        if self._job is not None:
            return
        self._can_resume = last.can_resume
        if last.document is not None and not last.can_resume:
            self.found.emit(check_result(last.document))
        else:
            self.idle.emit(last.can_resume)


def last_check(store: "Store") -> LastCheck:
    """Return what ``store`` has of checks of the starter model.

    Raises:
        KdedgeError: The store cannot be read, or there is no starter model.
    """
    path = str(starter_model())
    runs = [
        run
        for run in run_summaries(store, verb="profile", limit=_NEWEST_RUNS)
        if run.model_path == path and run.suite == SUITE
    ]
    finished = next((run for run in runs if run.status == "done"), None)
    document = None if finished is None else store.run(finished.run_id).document
    return LastCheck(
        document=document if is_check_document(document) else None,
        can_resume=_is_stopped(runs),
    )


def _is_stopped(runs: "list[RunSummary]") -> bool:
    return bool(runs) and runs[0].status == "interrupted"
