"""The jobs of a benchmark, one after another; each can be paused, and gone on with later."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from kdedge_gui.jobs.job import Job
from kdedge_gui.jobs.job_list import JobList
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.benchmark.plan import Step, going_on


@dataclass(slots=True, eq=False)
class QueuedStep:
    """One job: what it is, and what has become of it."""

    step: Step
    state: str = "waiting"
    """``waiting``, ``running``, ``stopping``, ``paused``, ``done``, ``failed``, ``cancelled``."""
    run_id: str = ""
    job: Job | None = None
    outcome: JobOutcome | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless somebody asks."""
        return self.state in {"done", "failed", "cancelled"}


class BenchmarkQueue(QObject):
    """Starts one job at a time; knows no widget."""

    changed = Signal()
    """The state of a job, or of the queue, is another."""
    events = Signal(int, list)
    """The number of a job, and what it told."""
    ended = Signal(int, object)
    """The number of a job, and its ``JobOutcome``."""

    def __init__(self, jobs: JobList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.steps: list[QueuedStep] = []
        self.state = "idle"
        """``idle``, ``running``, ``pausing``, ``paused`` or ``stopping``."""
        self._is_closed = False

    def close(self) -> None:
        """Listen to no job any more; the list of jobs ends them."""
        self._is_closed = True

    @property
    def current(self) -> int | None:
        """The number of the job that runs, or is paused."""
        busy = ("running", "stopping", "paused")
        return next((at for at, each in enumerate(self.steps) if each.state in busy), None)

    @property
    def is_busy(self) -> bool:
        """Whether a job of this queue runs or waits for its turn."""
        return self.state in {"running", "pausing", "stopping"}

    def start(self, steps: tuple[Step, ...]) -> None:
        """Run ``steps`` in their order, in place of an earlier queue.

        Raises:
            ValueError: A job of the earlier queue still runs.
        """
        if self.is_busy:
            raise ValueError("the queue before has not ended")
        self.steps = [QueuedStep(step=step, run_id=step.run_id) for step in steps]
        self.state = "running"
        self._next()

    def add(self, steps: tuple[Step, ...]) -> int:
        """Run ``steps`` after those that are left, or at once; return the number of the first."""
        if self.state == "idle":
            self.start(steps)
            return 0
        first = len(self.steps)
        self.steps += [QueuedStep(step=step, run_id=step.run_id) for step in steps]
        self.changed.emit()
        return first

    def pause(self) -> None:
        """Stop the job under way where it can be resumed, and hold the others."""
        if self.state == "running":
            self._stop_current("pausing")

    def go_on(self) -> None:
        """Resume the job that was paused, or run the ones that are left."""
        if self.state == "paused":
            for each in self.steps:
                if each.state == "paused":
                    each.state = "waiting"
            self.state = "running"
            self._next()

    def stop(self) -> None:
        """Stop the job under way where it can be resumed, and leave out the others."""
        if self.state == "running":
            self._stop_current("stopping")
        elif self.state == "paused":
            self._leave_out_rest()

    def retry(self, number: int) -> None:
        """Run a job again that failed; what it made is kept."""
        if not self.is_busy and self.steps[number].state in {"failed", "cancelled"}:
            self.steps[number].state = "waiting"
            self.state = "running"
            self._next()

    def _stop_current(self, state: str) -> None:
        self.state = state
        at = self.current
        job = None if at is None else self.steps[at].job
        if at is not None and job is not None:
            self.steps[at].state = "stopping"
            job.cancel()
        self.changed.emit()

    def _next(self) -> None:
        at = next((at for at, each in enumerate(self.steps) if each.state == "waiting"), None)
        if at is None:
            self.state = "idle"
            self.changed.emit()
            return
        queued = self.steps[at]
        step = going_on(queued.step, queued.run_id) if queued.run_id else queued.step
        queued.state = "running"
        job = self._jobs.start(step.spec)
        queued.job = job
        job.events.connect(lambda events: self._on_events(at, events))
        job.state_changed.connect(self._on_job_state)
        job.finished.connect(lambda outcome: self._on_finished(at, outcome))
        self.changed.emit()

    def _on_job_state(self) -> None:
        if not self._is_closed:
            self.changed.emit()

    def _on_events(self, at: int, events: list[dict[str, object]]) -> None:
        if self._is_closed:
            return
        queued = self.steps[at]
        for event in events:
            if event.get("event") == "run_started" and event.get("verb") == queued.step.kind:
                queued.run_id = str(event.get("run"))
        self.events.emit(at, events)

    def _on_finished(self, at: int, outcome: JobOutcome) -> None:
        if self._is_closed:
            return
        queued = self.steps[at]
        queued.outcome, queued.job = outcome, None
        was_stopping = self.state == "stopping"
        if outcome.status == "cancelled":
            queued.state = "cancelled" if was_stopping else "paused"
        else:
            queued.state = outcome.status
        self.ended.emit(at, outcome)
        if was_stopping:
            self._leave_out_rest()
        elif queued.state == "paused" or (self.state == "pausing" and self._has_waiting()):
            self.state = "paused"
            self.changed.emit()
        else:
            self.state = "running"
            self._next()

    def _has_waiting(self) -> bool:
        return any(each.state == "waiting" for each in self.steps)

    def _leave_out_rest(self) -> None:
        for each in self.steps:
            if not each.is_over:
                each.state = "cancelled"
        self.state = "idle"
        self.changed.emit()
