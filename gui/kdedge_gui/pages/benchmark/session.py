"""What the page shows: the jobs of a queue with what each has come to, or a run of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.numbers import count_text, number_text, when_text
from kdedge_gui.pages.benchmark.live import LiveRun
from kdedge_gui.pages.benchmark.plan import Step, resuming_step
from kdedge_gui.pages.benchmark.progress_card import RunState
from kdedge_gui.pages.benchmark.queue import BenchmarkQueue, QueuedStep
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge_gui.machine_watch import MemorySample
    from kdedge_gui.pages.benchmark.opened import OpenedRun

_MOST_SAMPLES = 3600


@dataclass(slots=True, eq=False)
class Shown:
    """One run that can be shown."""

    live: LiveRun
    suite: str
    model: str
    machine: list[tuple[float, float]]
    """(seconds, bytes in use) while it ran in this window."""
    step: QueuedStep | None = None
    opened: "OpenedRun | None" = None

    @property
    def has_grid(self) -> bool:
        """Whether problems belong to it."""
        return bool(self.suite)

    @property
    def run_id(self) -> str:
        """The run as the store knows it; empty before it has begun."""
        if self.opened is not None:
            return self.opened.run_id
        return self.step.run_id if self.step is not None else ""


class Session(QObject):
    """Feeds events to the runs of a queue; knows no widget."""

    updated = Signal(int)
    """The number of a job that has told something."""

    def __init__(self, queue: BenchmarkQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue = queue
        self.runs: list[Shown] = []
        self._orders: dict[str, Sequence[str]] = {}
        self._began: dict[int, float] = {}
        queue.events.connect(self._on_events)

    def start(self, steps: tuple[Step, ...]) -> int:
        """Run ``steps``, now or after those that are left; return the number of the first."""
        if self.queue.state == "idle":
            self.runs = []
            self._began = {}
        self.runs += [self._shown(step) for step in steps]
        first = self.queue.add(steps)
        for shown, queued in zip(self.runs, self.queue.steps, strict=True):
            shown.step = queued
        return first

    def number_of(self, run_id: str) -> int | None:
        """Return the number of the job that works on ``run_id``, if one does."""
        found = (at for at, each in enumerate(self.queue.steps) if each.run_id == run_id)
        return next(found, None) if run_id else None

    def set_order(self, suite: str, task_ids: Sequence[str]) -> None:
        """Show problems of ``suite`` in its order from now on."""
        self._orders[suite] = task_ids
        for shown in self.runs:
            if shown.suite == suite:
                shown.live.set_order(task_ids)

    def sample(self, sample: "MemorySample") -> None:
        """Note the machine's memory for the job that runs."""
        at = self.queue.current
        if at is None or self.queue.steps[at].state != "running":
            return
        seconds = monotonic() - self._began.setdefault(at, monotonic())
        points = self.runs[at].machine
        points.append((seconds, float(sample.total_bytes - sample.available_bytes)))
        del points[:-_MOST_SAMPLES]
        self.updated.emit(at)

    def open(self, opened: "OpenedRun") -> Shown:
        """Return a run of the store as it can be shown."""
        order = self._orders.get(opened.suite)
        if order and not opened.task_ids:
            opened.live.set_order(order)
        return Shown(
            live=opened.live,
            suite=opened.suite,
            model=opened.model_label,
            machine=[],
            opened=opened,
        )

    def replace_live(self, at: int, live: LiveRun) -> None:
        """Let a job that goes on with a run show what that run has already."""
        self.runs[at].live = live
        self.updated.emit(at)

    def _shown(self, step: Step) -> Shown:
        live = LiveRun(n_samples=step.n_samples, n_problems=step.n_problems)
        if step.suite in self._orders:
            live.set_order(self._orders[step.suite])
        return Shown(live=live, suite=step.suite, model=step.model, machine=[])

    def _on_events(self, at: int, events: list[dict[str, Any]]) -> None:
        self.runs[at].live.take(events)
        self.updated.emit(at)


def state_of(shown: Shown, queue: BenchmarkQueue) -> RunState:
    """Return what is shown beside the numbers of ``shown``, and what can be done."""
    if shown.step is not None:
        return _queued_state(shown.step, queue)
    assert shown.opened is not None
    return _opened_state(shown.opened)


def resuming(opened: "OpenedRun") -> Step | None:
    """Return the job that goes on with ``opened``; ``None`` when it is done or unknown."""
    if opened.status not in {"interrupted", "failed", "running"}:
        return None
    return resuming_step(
        run_id=opened.run_id,
        verb=opened.verb,
        subject=opened.subject,
        model_label=opened.model_label,
    )


def _queued_state(queued: QueuedStep, queue: BenchmarkQueue) -> RunState:
    job = queued.job
    waits = job is not None and job.state == "waiting"
    is_current = queued.state in {"running", "stopping", "paused"}
    return RunState(
        title=queued.step.title,
        facts=queued.run_id,
        state=queued.state,
        can_pause=is_current and queue.state == "running",
        can_stop=is_current and queue.state in {"running", "paused"},
        can_go_on=(queued.state == "paused" and queue.state == "paused")
        or (queued.state in {"failed", "cancelled"} and not queue.is_busy),
        waits_for_others=waits,
    )


def _opened_state(opened: "OpenedRun") -> RunState:
    state = {"interrupted": "cancelled"}.get(opened.status, opened.status)
    if opened.verb == "profile":
        title = tr("Speed and memory of {model}").format(model=opened.model_label)
        if opened.suite:
            title = tr("{model}: speed, memory, and {suite}").format(
                model=opened.model_label, suite=opened.suite
            )
    else:
        title = tr("{model} on {suite}").format(model=opened.model_label, suite=opened.suite)
    parts = [when_text(opened.created_at), opened.run_id]
    if opened.of_n_problems is not None:
        of_all = tr("{n} of the suite's {all} problems")
        n, n_all = len(opened.task_ids), opened.of_n_problems
        parts.append(of_all.format(n=count_text(n), all=count_text(n_all)))
    parts += settings_words(opened.settings)
    return RunState(
        title=title,
        facts=" · ".join(parts),
        state=state,
        can_go_on=state in {"cancelled", "failed"},
    )


def settings_words(settings: Mapping[str, Any]) -> list[str]:
    """Return the settings of an evaluation in words."""
    sampling = settings.get("sampling")
    sampling = sampling if isinstance(sampling, Mapping) else {}
    words = []
    if "n_samples" in settings:
        words.append(f"n {count_text(settings['n_samples'])}")
    if "temperature" in sampling:
        digits = 0 if sampling["temperature"] == int(sampling["temperature"]) else 2
        temperature = number_text(sampling["temperature"], decimals=digits)
        words.append(tr("temperature {t}").format(t=temperature))
    if "seed" in sampling:
        words.append(tr("seed {n}").format(n=sampling["seed"]))
    if "max_tokens" in sampling:
        words.append(tr("at most {n} tokens").format(n=count_text(sampling["max_tokens"])))
    if "context_tokens" in settings:
        words.append(tr("context {n}").format(n=count_text(settings["context_tokens"])))
    return words
