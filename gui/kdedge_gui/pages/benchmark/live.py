"""What is known of one run, from its events: the same for a run that goes on and one long done.

Pure values: events go in, and the page asks for what to show. Nothing here knows a widget.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kdedge_gui.widgets.problem_cell import GENERATED, WAITING

_FEWEST_S_FOR_ETA = 2.0


@dataclass(slots=True)
class ProblemState:
    """One problem of the run so far."""

    task_id: str
    n_samples: int
    generated: set[int] = field(default_factory=set)
    verdicts: dict[int, str] = field(default_factory=dict)

    @property
    def n_passed(self) -> int:
        """Completions that passed."""
        return sum(verdict == "passed" for verdict in self.verdicts.values())

    @property
    def n_counted(self) -> int:
        """Completions that were judged and count."""
        return sum(verdict != "harness_error" for verdict in self.verdicts.values())

    @property
    def kind(self) -> str:
        """The one word for it: ``passed`` if any completion did, else the commonest verdict."""
        if self.n_passed:
            return "passed"
        if self.verdicts:
            return Counter(self.verdicts.values()).most_common(1)[0][0]
        return GENERATED if self.generated else WAITING

    @property
    def has_failed(self) -> bool:
        """Whether all was judged that will be, and nothing passed."""
        return bool(self.verdicts) and not self.n_passed


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionFacts:
    """The times of one completion."""

    task_id: str
    sample: int
    n_tokens: int
    ttft_s: float | None
    decode_s: float | None

    @property
    def tokens_per_s(self) -> float | None:
        """Decode speed: the tokens after the first, and their time."""
        if not self.decode_s or self.n_tokens < 2:
            return None
        return (self.n_tokens - 1) / self.decode_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """One repetition of a measurement."""

    name: str
    number: int
    value: float
    unit: str
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One pass@k."""

    k: int
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""
    """Why there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseView:
    """How far the phase under way is."""

    name: str
    done: int
    total: int | None
    unit: str
    detail: str
    left_s: float | None
    """About so long until the phase ends; ``None`` while that cannot be told."""


class LiveRun:
    """Takes events and holds what they come to."""

    def __init__(self, *, n_samples: int = 1, n_problems: int = 0) -> None:
        """Begin with nothing.

        Args:
            n_samples: Completions of each problem.
            n_problems: Problems of the run; 0 where that is not known yet.
        """
        self.run_id = ""
        self.n_samples = max(1, n_samples)
        self.n_problems = n_problems
        self.problems: dict[str, ProblemState] = {}
        self.completions: list[CompletionFacts] = []
        self.repetitions: list[Repetition] = []
        self.estimates: tuple[Estimate, ...] = ()
        self.n_scored = 0
        """Problems that the estimates stand on."""
        self.note = ""
        self.changed_tasks: set[str] = set()
        """Problems that are other than when this was last emptied."""
        self.has_new_problems = False
        self._kinds: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._phase: PhaseView | None = None
        self._began: datetime | None = None
        self._first_done = 0

    @property
    def phase(self) -> PhaseView | None:
        """The phase under way."""
        return self._phase

    def set_order(self, task_ids: Sequence[str]) -> None:
        """Show the problems in the suite's order; those beyond the run's number are left out."""
        wanted = list(task_ids)
        if self.n_problems and len(wanted) > self.n_problems:
            named = [task_id for task_id in wanted if task_id in self.problems]
            wanted = wanted[: self.n_problems]
            wanted += [task_id for task_id in named if task_id not in set(wanted)]
        known = self.problems
        self.problems = {task_id: known.pop(task_id, self._new(task_id)) for task_id in wanted}
        self.problems |= known
        self.has_new_problems = True

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take what has happened."""
        for event in events:
            read = _READERS.get(str(event.get("event")))
            if read is not None:
                read(self, event)

    def set_score(self, pass_at_k: Mapping[str, Any], *, n_problems: int) -> None:
        """Take the ``pass_at_k`` object of an event or a document."""
        self.estimates = tuple(
            _estimate(int(k), found)
            for k, found in pass_at_k.items()
            if k.isdecimal() and isinstance(found, Mapping)
        )
        self.n_scored = n_problems

    def counts(self) -> Counter[str]:
        """Return how many problems are of each kind; those not begun are waiting."""
        found = Counter(self._counts)
        found[WAITING] += max(len(self.problems), self.n_problems) - len(self._kinds)
        return +found  # without those that are none

    def failing(self) -> list[str]:
        """Return the problems that were judged and that nothing solved, in order."""
        return [task_id for task_id, problem in self.problems.items() if problem.has_failed]

    def _new(self, task_id: str) -> ProblemState:
        return ProblemState(task_id=task_id, n_samples=self.n_samples)

    def _problem(self, event: Mapping[str, Any]) -> ProblemState:
        task_id = str(event.get("task_id"))
        found = self.problems.get(task_id)
        if found is None:
            found = self.problems[task_id] = self._new(task_id)
            self.has_new_problems = True
        self.changed_tasks.add(task_id)
        return found

    def _on_started(self, event: Mapping[str, Any]) -> None:
        if event.get("verb") == "evaluate" or not self.run_id:
            self.run_id = str(event.get("run"))

    def _on_progress(self, event: Mapping[str, Any]) -> None:
        name, done, total = str(event.get("phase")), event.get("done"), event.get("total")
        if not isinstance(done, int):
            return
        at = _moment(event)
        if self._phase is None or self._phase.name != name or done < self._phase.done:
            self._began, self._first_done = at, done
        self._phase = PhaseView(
            name=name,
            done=done,
            total=total if isinstance(total, int) else None,
            unit=str(event.get("unit", "")),
            detail=str(event.get("detail", "")),
            left_s=self._left_s(done, total, at),
        )

    def _left_s(self, done: int, total: object, at: datetime | None) -> float | None:
        if at is None or self._began is None or not isinstance(total, int):
            return None
        passed_s = (at - self._began).total_seconds()
        made = done - self._first_done
        if made <= 0 or passed_s < _FEWEST_S_FOR_ETA:
            return None
        return passed_s / made * (total - done)

    def _on_completion(self, event: Mapping[str, Any]) -> None:
        problem = self._problem(event)
        sample = int(event.get("sample", 0))
        if sample in problem.generated:
            return
        problem.generated.add(sample)
        self._count(problem)
        self.completions.append(
            CompletionFacts(
                task_id=problem.task_id,
                sample=sample,
                n_tokens=int(event.get("n_tokens") or 0),
                ttft_s=event.get("ttft_s"),
                decode_s=event.get("decode_s"),
            )
        )

    def _on_verdict(self, event: Mapping[str, Any]) -> None:
        problem = self._problem(event)
        problem.verdicts[int(event.get("sample", 0))] = str(event.get("verdict"))
        self._count(problem)

    def _count(self, problem: ProblemState) -> None:
        before, now = self._kinds.get(problem.task_id), problem.kind
        if before != now:
            self._kinds[problem.task_id] = now
            self._counts[now] += 1
            if before is not None:
                self._counts[before] -= 1

    def _on_score(self, event: Mapping[str, Any]) -> None:
        block = event.get("pass_at_k")
        if isinstance(block, Mapping):
            self.set_score(block, n_problems=int(event.get("n_problems", 0)))

    def _on_measured(self, event: Mapping[str, Any]) -> None:
        value, parts = event.get("value"), event.get("parts")
        if not isinstance(value, int | float):
            return
        self.repetitions.append(
            Repetition(
                name=str(event.get("name")),
                number=int(event.get("repetition", 0)),
                value=float(value),
                unit=str(event.get("unit", "")),
                parts=dict(parts) if isinstance(parts, Mapping) else {},
            )
        )

    def _on_note(self, event: Mapping[str, Any]) -> None:
        self.note = str(event.get("text", ""))


_READERS = {
    "run_started": LiveRun._on_started,  # noqa: SLF001 - its own table
    "progress": LiveRun._on_progress,  # noqa: SLF001
    "completion_made": LiveRun._on_completion,  # noqa: SLF001
    "verdict_made": LiveRun._on_verdict,  # noqa: SLF001
    "score": LiveRun._on_score,  # noqa: SLF001
    "measured": LiveRun._on_measured,  # noqa: SLF001
    "note": LiveRun._on_note,  # noqa: SLF001
}


def _estimate(k: int, found: Mapping[str, Any]) -> Estimate:
    low, high = found.get("ci95") or (None, None)
    return Estimate(
        k=k, value=found.get("value"), low=low, high=high, reason=str(found.get("reason") or "")
    )


def _moment(event: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(event.get("at")))
    except ValueError:
        return None
