"""Differences from a baseline with their intervals, a line a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kdedge.report.compare import Comparison, Pair
from kdedge.report.comparison_text import quality_text, ratio_text
from kdedge.report.plots.bars import label_lines, note_value
from kdedge.report.plots.svg import ACCENT, MUTED, Plot, canvas, style, to_svg

_WIDTH = 760


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forest:
    key: str
    title: str
    axis: str
    no_difference: float
    """Where both sides are equal."""
    read: Callable[[Pair], tuple[float, float | None, float | None] | None]
    """Value and both ends of its interval, on the scale of the axis."""
    show: Callable[[Pair], str]


def comparison_plots(comparison: Comparison) -> tuple[Plot, ...]:
    """Return the pictures that the comparison has numbers for; needs matplotlib."""
    with style():
        plots = (_forest_plot(comparison.pairs, forest) for forest in (_QUALITY, _DECODE))
        return tuple(plot for plot in plots if plot is not None)


def _forest_plot(pairs: Sequence[Pair], forest: _Forest) -> Plot | None:
    known = [pair for pair in pairs if forest.read(pair) is not None]
    if not known:
        return None
    figure, axes = canvas(_WIDTH, 66 + 32 * len(known))
    label_lines(axes, [pair.row for pair in known])
    axes.axvline(forest.no_difference, color=MUTED, linewidth=1.4, zorder=1)
    ends = [forest.no_difference]
    for place, pair in enumerate(known):
        value, low, high = forest.read(pair) or (forest.no_difference, None, None)
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=ACCENT, linewidth=5, alpha=0.45, zorder=2)
            ends += [low, high]
        axes.plot([value], [place], "o", color=ACCENT, markersize=9, zorder=3)
        ends.append(value)
        note_value(axes, place, forest.show(pair))
    margin = 0.12 * ((max(ends) - min(ends)) or 1.0)
    axes.set_xlim(min(ends) - margin, max(ends) + margin)
    axes.set_xlabel(forest.axis)
    told = "; ".join(f"{pair.row.label} {forest.show(pair)}" for pair in known)
    return Plot(
        key=forest.key,
        title=forest.title,
        alt=f"{forest.title}: {told}.",
        svg=to_svg(figure, name=forest.key),
        wide=True,
    )


def _quality(pair: Pair) -> tuple[float, float | None, float | None] | None:
    found = pair.quality
    if found is None:
        return None
    low = None if found.low is None else 100 * found.low
    high = None if found.high is None else 100 * found.high
    return 100 * found.difference, low, high


def _decode(pair: Pair) -> tuple[float, float | None, float | None] | None:
    return None if pair.decode is None else (pair.decode.value, pair.decode.low, pair.decode.high)


_QUALITY = _Forest(
    key="quality-difference",
    title="Difference in solved problems",
    axis="points of pass@1; right of the line solves more",
    no_difference=0.0,
    read=_quality,
    show=lambda pair: quality_text(pair.quality),
)
_DECODE = _Forest(
    key="decode-ratio",
    title="Decode speed over the baseline's",
    axis="times; right of the line is faster",
    no_difference=1.0,
    read=_decode,
    show=lambda pair: ratio_text(pair.decode),
)
