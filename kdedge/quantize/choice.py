"""The file that meets every limit: candidates from the smallest up, the cheapest test first.

Size is known before a file is made, speed takes seconds, divergence takes a run over a text,
solved problems take minutes. With a limit on what may be lost the smallest candidate that meets
all limits is the answer, and larger ones are not tried; otherwise the least divergent that fits.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from kdedge.core.errors import GateError, KdedgeError
from kdedge.core.events import Progress, Sink, ignore

_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the file has to be; ``None`` where it does not matter."""

    max_bytes: int | None = None
    max_kl: float | None = None
    """Mean KL from the master, nats a token."""
    min_decode_tokens_per_s: float | None = None
    max_pass_drop: float | None = None
    """How much lower than the master's pass@1 may be: 0.02 is two problems of a hundred."""

    @property
    def bound_loss(self) -> bool:
        """Return whether they say how much may be lost."""
        return self.max_kl is not None or self.max_pass_drop is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file that could be made."""

    name: str
    file_bytes: int
    """As planned."""
    made: Callable[[], AbstractContextManager[Path]]
    """Makes it, and removes it again at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """How files are measured; only those that a limit asks for are called."""

    mean_kl: Callable[[Path], float]
    decode_tokens_per_s: Callable[[Path], float] | None = None
    pass_at_1: Callable[[Path], float] | None = None
    master_pass_at_1: Callable[[], float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A candidate and what became of it."""

    name: str
    file_bytes: int
    decode_tokens_per_s: float | None = None
    mean_kl: float | None = None
    pass_at_1: float | None = None
    lost: str | None = None
    """Why it is not the answer; ``None`` for the one that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The answer and all that was looked at."""

    chosen: Tried | None
    tried: tuple[Tried, ...]
    """Every candidate, the smallest first."""

    def name(self) -> str:
        """Return the name of the answer.

        Raises:
            GateError: No candidate meets the limits.
        """
        if self.chosen is None:
            reasons = "; ".join(f"{each.name}: {each.lost}" for each in self.tried)
            raise GateError(
                f"None of {len(self.tried)} candidates meets the limits.",
                hint="Loosen the limit that most of them miss.",
                detail=reasons,
            )
        return self.chosen.name


def choose_quantization(
    candidates: Sequence[Candidate],
    limits: Limits,
    *,
    measure: Measurements,
    sink: Sink = ignore,
) -> Chosen:
    """Return which of ``candidates`` to take, with why the others are not.

    Args:
        candidates: In any order.
        limits: What the answer has to be.
        measure: How files are measured.
        sink: Told of the progress.

    Raises:
        KdedgeError: A limit needs a measurement that is not to be had, or one failed.
    """
    _check(limits, measure)
    examiner = _Examiner(limits, measure)
    tried: list[Tried] = []
    ordered = sorted(candidates, key=lambda each: each.file_bytes)
    for done, candidate in enumerate(ordered):
        sink(
            Progress(
                phase="choosing",
                done=done,
                total=len(ordered),
                unit="candidates",
                detail=candidate.name,
            )
        )
        met = next((each for each in tried if each.lost is None), None)
        if met is not None and limits.bound_loss:
            tried.append(
                Tried(
                    name=candidate.name,
                    file_bytes=candidate.file_bytes,
                    lost=f"not tried: {met.name} is smaller and meets all limits",
                )
            )
        else:
            tried.append(examiner.examine(candidate))
    return _chosen(tried)


def _check(limits: Limits, measure: Measurements) -> None:
    if limits == Limits():
        raise KdedgeError(
            "There is nothing to choose by.",
            hint="Give --budget, --max-kl, --min-decode-speed or --max-pass-drop.",
        )
    if limits.min_decode_tokens_per_s is not None and measure.decode_tokens_per_s is None:
        raise KdedgeError("Speed cannot be measured here.", hint="Leave --min-decode-speed out.")
    if limits.max_pass_drop is not None and None in {
        measure.pass_at_1,
        measure.master_pass_at_1,
    }:
        raise KdedgeError(
            "Solved problems cannot be measured here.", hint="Give --suite with --max-pass-drop."
        )


class _Examiner:
    """Tests candidates, the cheapest test first."""

    def __init__(self, limits: Limits, measure: Measurements) -> None:
        self._limits = limits
        self._measure = measure
        self._master_pass: float | None = None

    def examine(self, candidate: Candidate) -> Tried:
        most = self._limits.max_bytes
        tried = Tried(name=candidate.name, file_bytes=candidate.file_bytes)
        if most is not None and candidate.file_bytes > most:
            over = (candidate.file_bytes - most) / _MIB
            return replace(tried, lost=f"{over:.1f} MiB over the budget")
        with candidate.made() as path:
            for test in (self._speed, self._divergence, self._problems):
                tried = test(path, tried)
                if tried.lost is not None:
                    break
        return tried

    def _speed(self, path: Path, tried: Tried) -> Tried:
        least = self._limits.min_decode_tokens_per_s
        if least is None or self._measure.decode_tokens_per_s is None:
            return tried
        speed = self._measure.decode_tokens_per_s(path)
        lost = f"decodes {speed:.1f} tokens/s, not {least:g}" if speed < least else None
        return replace(tried, decode_tokens_per_s=speed, lost=lost)

    def _divergence(self, path: Path, tried: Tried) -> Tried:
        most = self._limits.max_kl
        kl = self._measure.mean_kl(path)
        over = most is not None and not kl <= most
        return replace(tried, mean_kl=kl, lost=f"mean KL {kl:.4f}, not {most:g}" if over else None)

    def _problems(self, path: Path, tried: Tried) -> Tried:
        most = self._limits.max_pass_drop
        if most is None or self._measure.pass_at_1 is None:
            return tried
        if self._master_pass is None and self._measure.master_pass_at_1 is not None:
            self._master_pass = self._measure.master_pass_at_1()
        assert self._master_pass is not None
        solved = self._measure.pass_at_1(path)
        drop = self._master_pass - solved
        lost = None
        if drop > most:
            lost = f"pass@1 drops from {self._master_pass:.1%} to {solved:.1%}"
        return replace(tried, pass_at_1=solved, lost=lost)


def _chosen(tried: Sequence[Tried]) -> Chosen:
    """Return the answer: the least divergent that meets the limits, the smaller of equals."""
    meeting = [each for each in tried if each.lost is None]
    if not meeting:
        return Chosen(chosen=None, tried=tuple(tried))
    best = min(meeting, key=lambda each: (_kl(each), each.file_bytes))
    return Chosen(
        chosen=best,
        tried=tuple(
            replace(each, lost=f"{best.name} diverges less")
            if each.lost is None and each is not best
            else each
            for each in tried
        ),
    )


def _kl(tried: Tried) -> float:
    return float("inf") if tried.mean_kl is None else tried.mean_kl
