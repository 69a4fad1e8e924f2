"""How far the two-minute check is, told from the events of ``kdedge profile``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kdedge_gui.numbers import count_text
from kdedge_gui.translate import tr

_LEAST_KNOWN = 0.05
"""Of the whole; before that nothing is said of the time that is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the check."""

    title: str
    state: str
    """``waiting``, ``running`` or ``done``."""
    text: str
    """How far it is, in words; empty while it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    title: str
    phases: tuple[str, ...]
    """Its phases start so."""
    share: float
    """Of the whole time, about, on two cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckProgress:
    """What the events so far say; ``after`` adds more."""

    at: int = -1
    """Number of the step under way; -1 before the first."""
    done: int = 0
    total: int | None = None
    detail: str = ""
    began_at: str = ""
    """When the first event came, as ISO text."""
    newest_at: str = ""

    def after(self, events: Iterable[Mapping[str, Any]]) -> "CheckProgress":
        """Return how far it is after ``events``."""
        newest = self
        for event in events:
            if event.get("event") == "progress":
                newest = newest._after_one(event)
            at = str(event.get("at", ""))
            newest = replace(newest, began_at=newest.began_at or at, newest_at=at)
        return newest

    def steps(self) -> tuple[Step, ...]:
        """Return all steps, each with its state."""
        return tuple(self._step(number, kind) for number, kind in enumerate(_kinds()))

    @property
    def fraction(self) -> float:
        """Return how much of the whole is done, about."""
        kinds = _kinds()
        if self.at < 0:
            return 0.0
        before = sum(kind.share for kind in kinds[: self.at])
        return min(1.0, before + kinds[self.at].share * self._inner())

    @property
    def left_s(self) -> float | None:
        """Return how long it may still take, by how long it took so far; ``None`` at first."""
        if not self.began_at or not self.newest_at or self.fraction < _LEAST_KNOWN:
            return None
        since = datetime.fromisoformat(self.newest_at) - datetime.fromisoformat(self.began_at)
        return since.total_seconds() * (1 - self.fraction) / self.fraction

    def _after_one(self, event: Mapping[str, Any]) -> "CheckProgress":
        phase = str(event.get("phase", ""))
        for number, kind in enumerate(_kinds()):
            if phase.startswith(kind.phases) and number >= self.at:
                total = event.get("total")
                return replace(
                    self,
                    at=number,
                    done=int(event.get("done") or 0),
                    total=total if isinstance(total, int) else None,
                    detail=str(event.get("detail", "")),
                )
        return self

    def _inner(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    def _step(self, number: int, kind: _Kind) -> Step:
        if number > self.at:
            return Step(title=kind.title, state="waiting", text="")
        if number < self.at:
            return Step(title=kind.title, state="done", text="")
        counted = ""
        if self.total:
            counted = tr("{done} of {all}").format(
                done=count_text(self.done), all=count_text(self.total)
            )
        text = ", ".join(part for part in (counted, self.detail) if part)
        return Step(title=kind.title, state="running", text=text)


def _kinds() -> tuple[_Kind, ...]:
    return (
        _Kind(title=tr("Read and load the model"), phases=("hashing", "load"), share=0.02),
        _Kind(title=tr("Measure the engine's speed"), phases=("raw/",), share=0.15),
        _Kind(title=tr("Measure requests like a user's"), phases=("user/",), share=0.18),
        _Kind(title=tr("Measure memory"), phases=("memory",), share=0.03),
        _Kind(title=tr("Let it solve 40 small problems"), phases=("generating",), share=0.60),
        _Kind(title=tr("Run its programs against their tests"), phases=("judging",), share=0.02),
    )
