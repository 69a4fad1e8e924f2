"""Choosing on real files: every type that buys something, and a searched mix, made and measured.

Candidates are written beside the target, measured and removed; the answer is written at the end.
The mix is searched last, with the bytes that are allowed; where only a loss is limited, with those
of the largest plain type that lost too much, so that it either is the smaller answer or loses.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Sink, ignore
from kdedge.quantize.calibration import Text
from kdedge.quantize.choice import (
    Candidate,
    Chosen,
    Limits,
    Measurements,
    Tried,
    choose_quantization,
)
from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
from kdedge.quantize.divergence_summary import Divergence
from kdedge.quantize.mixing import MixBudget, Mixed, MixJob, find_mix
from kdedge.quantize.overrides import Override
from kdedge.quantize.quantize import Quantized, quantize_model
from kdedge.quantize.search import SearchOptions
from kdedge.quantize.type_table import plan_table
from kdedge.quantize.types import MASTER_TYPES

MIX = "mix"
"""Name of the searched candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceOrder:
    """What is to be chosen from and by."""

    source: Path
    target: Path
    limits: Limits
    imatrix: Path | None
    judged_on: Text
    """What divergences are measured on."""
    searched_on: Text | None
    """What a mix is searched on; ``None`` leaves the mix out. Not the text it is judged on."""
    divergence: DivergenceOptions = field(default_factory=DivergenceOptions)
    search: SearchOptions = field(default_factory=SearchOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredElsewhere:
    """Measurements that other parts of kdedge make; ``None`` where there are none."""

    decode_seconds: Callable[[Path], float] | None = None
    pass_at_1: Callable[[Path], float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenFile:
    """The answer, written."""

    made: Quantized
    overrides: tuple[Override, ...]
    choice: Chosen
    divergences: dict[str, Divergence]
    """Of each candidate that was run, by name."""


class Choosing:
    """Makes candidates, measures them, and writes the one that was taken."""

    def __init__(
        self, order: ChoiceOrder, *, elsewhere: MeasuredElsewhere, sink: Sink = ignore
    ) -> None:
        self._order = order
        self._elsewhere = elsewhere
        self._sink = sink
        self._mixed: Mixed | None = None
        self.divergences: dict[str, Divergence] = {}
        self._master_pass: float | None = None

    def choose(self) -> Chosen:
        """Return which candidate to take.

        Raises:
            KdedgeError: A limit cannot be measured, or a file cannot be made or run.
        """
        stock = choose_quantization(
            self._stock(), self._order.limits, measure=self._measurements(), sink=self._sink
        )
        n_bytes = self._mix_bytes(stock)
        if self._order.searched_on is None or n_bytes is None:
            return stock
        mix = self._mix(self._order.searched_on, file_bytes=n_bytes)
        if mix is None:
            return stock
        alone = choose_quantization(
            [mix], self._order.limits, measure=self._measurements(), sink=self._sink
        )
        return _together(stock, alone.tried[0], limits=self._order.limits)

    def write(self, choice: Chosen) -> ChosenFile:
        """Write the file that was taken to the target.

        Raises:
            GateError: None was.
            KdedgeError: It cannot be written.
        """
        file_type = choice.name()
        overrides: tuple[Override, ...] = ()
        if file_type == MIX:
            assert self._mixed is not None
            file_type, overrides = self._mixed.file_type, self._mixed.overrides
        made = quantize_model(
            self._order.source,
            self._order.target,
            file_type=file_type,
            overrides=overrides,
            imatrix=self._order.imatrix,
            sink=self._sink,
        )
        return ChosenFile(
            made=made, overrides=overrides, choice=choice, divergences=self.divergences
        )

    def _stock(self) -> list[Candidate]:
        """Return the plain types that are worth considering."""
        rows = plan_table(self._order.source, imatrix=self._order.imatrix)
        weighted = self._order.imatrix is not None
        return [
            Candidate(
                name=row.file_type,
                file_bytes=row.file_bytes,
                made=partial(self._made, row.file_type, file_type=row.file_type),
            )
            for row in rows
            if row.hidden is None
            and row.file_type not in MASTER_TYPES
            and (weighted or not row.needs_imatrix)
        ]

    def _mix_bytes(self, stock: Chosen) -> int | None:
        """Return how many bytes a mix may have to be of use."""
        if self._order.limits.max_bytes is not None and not self._order.limits.bound_loss:
            return self._order.limits.max_bytes
        if stock.chosen is None:
            return self._order.limits.max_bytes
        smaller = [each for each in stock.tried if each.file_bytes < stock.chosen.file_bytes]
        return max((each.file_bytes for each in smaller), default=None)

    def _mix(self, text: Text, *, file_bytes: int) -> Candidate | None:
        speed = self._order.limits.min_decode_tokens_per_s
        job = MixJob(
            master=self._order.source,
            imatrix=self._order.imatrix,
            text=text.text,
            folder=self._order.target.parent,
            divergence=self._order.divergence,
            search=self._order.search,
        )
        budget = MixBudget(
            file_bytes=file_bytes,
            most_seconds=None if speed is None else 1 / speed,
            decode_seconds=self._elsewhere.decode_seconds,
        )
        try:
            mixed = self._mixed = find_mix(job, budget, sink=self._sink)
        except KdedgeError as error:
            self._sink(Note(text=f"No mix was found: {error.problem}"))
            return None
        return Candidate(
            name=MIX,
            file_bytes=file_bytes,
            made=partial(self._made, MIX, file_type=mixed.file_type, overrides=mixed.overrides),
        )

    @contextmanager
    def _made(
        self, name: str, *, file_type: str, overrides: Sequence[Override] = ()
    ) -> Iterator[Path]:
        folder = self._order.target.parent
        with tempfile.TemporaryDirectory(prefix=".kdedge-choice-", dir=folder) as inner:
            path = Path(inner) / f"{name}.gguf"
            quantize_model(
                self._order.source,
                path,
                file_type=file_type,
                overrides=overrides,
                imatrix=self._order.imatrix,
                sink=self._sink,
            )
            yield path

    def _measurements(self) -> Measurements:
        decode, solved = self._elsewhere.decode_seconds, self._elsewhere.pass_at_1
        return Measurements(
            mean_kl=self._mean_kl,
            decode_tokens_per_s=None if decode is None else (lambda path: 1 / decode(path)),
            pass_at_1=solved,
            master_pass_at_1=None if solved is None else self._of_master,
        )

    def _mean_kl(self, path: Path) -> float:
        (found,) = measure_divergences(
            self._order.source,
            [path],
            self._order.judged_on.text,
            options=self._order.divergence,
            sink=self._sink,
        )
        self.divergences[path.stem] = found
        return found.mean_kl

    def _of_master(self) -> float:
        assert self._elsewhere.pass_at_1 is not None
        if self._master_pass is None:
            self._master_pass = self._elsewhere.pass_at_1(self._order.source)
        return self._master_pass


def _together(stock: Chosen, mix: Tried, *, limits: Limits) -> Chosen:
    """Return the answer of both rounds.

    With a limit on the loss the mix is smaller than what the first round took; without, the less
    divergent of the two is the answer.
    """
    taken = stock.chosen
    tried = [each for each in stock.tried if each is not taken]
    if mix.lost is not None:
        return Chosen(chosen=taken, tried=_ordered([*stock.tried, mix]))
    if taken is None:
        return Chosen(chosen=mix, tried=_ordered([*tried, mix]))
    better = limits.bound_loss or (mix.mean_kl or 0.0) <= (taken.mean_kl or 0.0)
    reason = f"{MIX} is smaller and meets all limits" if limits.bound_loss else ""
    winner, loser = (mix, taken) if better else (taken, mix)
    reason = reason or f"{winner.name} diverges less"
    lost = replace(loser, lost=reason)
    return Chosen(chosen=winner, tried=_ordered([*tried, winner, lost]))


def _ordered(tried: Sequence[Tried]) -> tuple[Tried, ...]:
    return tuple(sorted(tried, key=lambda each: each.file_bytes))
