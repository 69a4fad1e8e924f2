"""Models against a baseline, pair by pair; what was measured unlike is refused or flagged."""

from collections.abc import Sequence
from dataclasses import dataclass

from kdedge.core.errors import KdedgeError
from kdedge.report.documents import ResultDocument
from kdedge.report.facts import Row
from kdedge.report.front_axes import DEFAULT_AXES, Axis, rows_on_front
from kdedge.report.paired import QualityDifference, quality_difference
from kdedge.report.ratios import Ratio, ratio_of_quantities, speed_ratio
from kdedge.report.rows import rows_of
from kdedge.report.unlike import (
    noise_problem,
    performance_differences,
    quality_differences,
    software_differences,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One model against the baseline."""

    row: Row
    quality: QualityDifference | None
    decode: Ratio | None
    """Its decode speed over the baseline's."""
    prefill: Ratio | None
    memory: Ratio | None
    """What it needs over what the baseline needs; one measurement each, so without interval."""
    file_size: Ratio | None
    unlike: tuple[str, ...]
    """Why this pair should not have been compared; only on demand it was."""
    cautions: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Whether anything could be compared."""
        return any(
            part is not None for part in (self.quality, self.decode, self.prefill, self.memory)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All pairs of one baseline."""

    baseline: Row
    pairs: tuple[Pair, ...]
    axes: tuple[Axis, ...]
    """What the front weighs."""
    front: tuple[str, ...]
    """Labels of the models that none beats on all axes at once."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The baseline and the others."""
        return (self.baseline, *(pair.row for pair in self.pairs))


def compare(
    documents: Sequence[ResultDocument],
    *,
    allow_unlike: bool = False,
    axes: Sequence[Axis] = DEFAULT_AXES,
) -> Comparison:
    """Return how the models of ``documents`` differ from the first one.

    Profiles and evaluations of one model are joined first: the baseline is the model of the first
    document.

    Args:
        documents: Of at least two models, or two runs of one.
        allow_unlike: Compare what was not measured the same way, and flag it.
        axes: What the Pareto front weighs.

    Raises:
        KdedgeError: There is nothing to compare, or what there is was measured unlike.
    """
    rows = rows_of(documents)
    if len(rows) < 2:
        raise KdedgeError(
            f"There is nothing to compare {rows[0].label} with: all runs are of one model.",
            hint="Give runs of another model, or of the same model measured twice.",
        )
    pairs = tuple(_pair(row, rows[0]) for row in rows[1:])
    _refuse_if_nothing_in_common(rows[0], pairs)
    if not allow_unlike:
        _refuse_unlike(rows[0], pairs)
    front = tuple(row.label for row in rows_on_front(rows, axes))
    return Comparison(baseline=rows[0], pairs=pairs, axes=tuple(axes), front=front)


def _pair(row: Row, baseline: Row) -> Pair:
    quality = None
    if row.evaluation is not None and baseline.evaluation is not None:
        quality = quality_difference(row.evaluation, baseline.evaluation)
    ours, theirs = row.speed, baseline.speed
    return Pair(
        row=row,
        quality=quality,
        decode=speed_ratio(
            (ours.decode_tokens_per_s, ours.decode_samples),
            (theirs.decode_tokens_per_s, theirs.decode_samples),
        ),
        prefill=speed_ratio(
            (ours.prefill_tokens_per_s, ours.prefill_samples),
            (theirs.prefill_tokens_per_s, theirs.prefill_samples),
        ),
        memory=ratio_of_quantities(row.memory.needs_bytes, baseline.memory.needs_bytes),
        file_size=ratio_of_quantities(row.model.file_bytes, baseline.model.file_bytes),
        unlike=_unlike(row, baseline),
        cautions=software_differences(baseline, row),
    )


def _unlike(row: Row, baseline: Row) -> tuple[str, ...]:
    clauses = [*quality_differences(baseline, row), *performance_differences(baseline, row)]
    if row.profile is not None and baseline.profile is not None:
        clauses += [problem for each in (baseline, row) if (problem := noise_problem(each))]
    return tuple(clauses)


def _refuse_if_nothing_in_common(baseline: Row, pairs: Sequence[Pair]) -> None:
    alone = [pair.row for pair in pairs if not pair.measured]
    if alone:
        raise KdedgeError(
            f"{baseline.label} and {alone[0].label} have nothing in common to compare: "
            f"{_what_is_known(baseline)} / {_what_is_known(alone[0])}.",
            hint="Give a profile of both, an evaluation of both, or all four runs.",
        )


def _what_is_known(row: Row) -> str:
    parts = ["a profile"] if row.profile is not None else []
    if row.evaluation is not None:
        parts.append("an evaluation")
    return " and ".join(parts)


def _refuse_unlike(baseline: Row, pairs: Sequence[Pair]) -> None:
    found = {pair.row.label: pair.unlike for pair in pairs if pair.unlike}
    if not found:
        return
    told = "; ".join(
        f"{clause} ({baseline.label} / {label})"
        for label, unlike in found.items()
        for clause in unlike
    )
    raise KdedgeError(
        f"These runs were not measured the same way: {told}.",
        hint="Measure them again alike, or add --allow-unlike to compare and flag it.",
    )
