"""The cells of the table of differences: the library's numbers as a person reads them.

A cell says better or worse only where the library says that the difference is more than chance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from kdedge_gui.numbers import (
    NOT_MEASURED,
    bytes_text,
    count_text,
    interval_text,
    number_text,
    percent_text,
    rate_text,
)
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge.report.compare import Comparison, Pair
    from kdedge.report.facts import Row
    from kdedge.report.paired import QualityDifference
    from kdedge.report.ratios import Ratio
    from kdedge.report.reading import Quantity

_SMALLEST_P = 0.001


class Verdict(Enum):
    """What the interval of a difference supports."""

    NONE = ""
    """Nothing is claimed: the baseline itself, or a single measurement."""
    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    """Cannot be told apart."""

    @property
    def sign(self) -> str:
        """A mark beside the number: colour alone would leave some readers out."""
        return {"better": "▲", "worse": "▼", "same": "≈"}.get(self.value, "")

    @property
    def words(self) -> str:
        """The same, as it is read out."""
        words = {
            "better": tr("better"),
            "worse": tr("worse"),
            "same": tr("cannot be told apart"),
        }
        return words.get(self.value, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCell:
    """A number, what is to be known of it, and what it supports."""

    main: str
    detail: str = ""
    verdict: Verdict = Verdict.NONE
    tip: str = ""

    @property
    def spoken(self) -> str:
        """All of it in one line."""
        return ", ".join(part for part in (self.main, self.verdict.words, self.detail) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceLine:
    """One measure: of the baseline, and of each other model against it."""

    title: str
    cells: tuple[DifferenceCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """The whole table; the first column is the baseline."""

    models: tuple[str, ...]
    lines: tuple[DifferenceLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    title: str
    of_baseline: "Callable[[Row], DifferenceCell]"
    of_pair: "Callable[[Pair], DifferenceCell]"


def differences_of(comparison: "Comparison") -> Differences:
    """Return the table of ``comparison``, without the measures that nobody has."""
    lines = []
    for measure in _measures():
        own = measure.of_baseline(comparison.baseline)
        others = tuple(measure.of_pair(pair) for pair in comparison.pairs)
        if any(cell.main != NOT_MEASURED for cell in (own, *others)):
            lines.append(DifferenceLine(title=measure.title, cells=(own, *others)))
    return Differences(
        models=tuple(row.label for row in comparison.rows),
        lines=tuple(lines),
    )


def _measures() -> tuple[_Measure, ...]:
    return (
        _Measure(
            title=tr("pass@1"),
            of_baseline=lambda row: _own(row.pass_at_1, percent_text),
            of_pair=lambda pair: _quality(pair.quality),
        ),
        _Measure(
            title=tr("Problems"),
            of_baseline=_solved,
            of_pair=lambda pair: _flips(pair.quality),
        ),
        _Measure(
            title=tr("Decode speed"),
            of_baseline=lambda row: _own(row.speed.decode_tokens_per_s, rate_text),
            of_pair=lambda pair: _ratio(pair.decode, more_is_better=True),
        ),
        _Measure(
            title=tr("Prefill speed"),
            of_baseline=lambda row: _own(row.speed.prefill_tokens_per_s, rate_text),
            of_pair=lambda pair: _ratio(pair.prefill, more_is_better=True),
        ),
        _Measure(
            title=tr("Memory"),
            of_baseline=lambda row: _own(row.memory.needs_bytes, bytes_text),
            of_pair=lambda pair: _ratio(pair.memory, more_is_better=False),
        ),
        _Measure(
            title=tr("File size"),
            of_baseline=lambda row: _own(row.model.file_bytes, bytes_text),
            of_pair=lambda pair: _ratio(pair.file_size, more_is_better=False),
        ),
    )


def _own(quantity: "Quantity", shown: Callable[[float], str]) -> DifferenceCell:
    if quantity.value is None:
        return DifferenceCell(main=NOT_MEASURED, tip=quantity.reason)
    detail = ""
    if quantity.interval is not None:
        detail = interval_text(*quantity.interval, shown=shown)
    return DifferenceCell(main=shown(quantity.value), detail=detail)


def _solved(row: "Row") -> DifferenceCell:
    if row.evaluation is None or not row.evaluation.problems:
        return DifferenceCell(main=NOT_MEASURED)
    problems = row.evaluation.problems
    solved = sum(problem.passed > 0 for problem in problems)
    return DifferenceCell(
        main=tr("{solved} of {all} solved").format(
            solved=count_text(solved), all=count_text(len(problems))
        )
    )


def _quality(difference: "QualityDifference | None") -> DifferenceCell:
    if difference is None:
        return DifferenceCell(main=NOT_MEASURED)
    parts = []
    if difference.low is not None and difference.high is not None:
        parts.append(interval_text(difference.low, difference.high, shown=_signed_points))
    if difference.p_value is not None:
        parts.append(_p_text(difference.p_value))
    verdict = Verdict.SAME
    if difference.distinguishable:
        verdict = Verdict.BETTER if difference.difference > 0 else Verdict.WORSE
    return DifferenceCell(
        main=tr("{points} points").format(points=_signed_points(difference.difference)),
        detail=", ".join(parts),
        verdict=verdict,
        tip=tr("{method}, over {count} problems").format(
            method=difference.method, count=count_text(difference.n_problems)
        ),
    )


def _flips(difference: "QualityDifference | None") -> DifferenceCell:
    if difference is None:
        return DifferenceCell(main=NOT_MEASURED)
    won, lost = len(difference.won), len(difference.lost)
    return DifferenceCell(
        main=tr("won {won}, lost {lost}").format(won=count_text(won), lost=count_text(lost))
    )


def _ratio(ratio: "Ratio | None", *, more_is_better: bool) -> DifferenceCell:
    if ratio is None:
        return DifferenceCell(main=NOT_MEASURED)
    main = _factor_text(ratio.value)
    if ratio.interval is None:
        tip = tr("One number each: there is no interval")
        return DifferenceCell(main=main, tip=tip)
    verdict = Verdict.SAME
    if ratio.distinguishable:
        verdict = Verdict.BETTER if (ratio.value > 1) == more_is_better else Verdict.WORSE
    detail = interval_text(*ratio.interval, shown=_factor_text)
    return DifferenceCell(main=main, detail=detail, verdict=verdict)


def _signed_points(share: float) -> str:
    text = number_text(abs(share) * 100, decimals=1)
    if share == 0:
        return text
    return f"{'+' if share > 0 else '−'}{text}"  # noqa: RUF001 - a minus sign


def _factor_text(value: float) -> str:
    return f"{number_text(value, decimals=2)}\N{MULTIPLICATION SIGN}"


def _p_text(value: float) -> str:
    if value < _SMALLEST_P:
        return f"p < {number_text(_SMALLEST_P, decimals=3)}"
    return f"p = {number_text(value, decimals=3)}"
