"""Horizontal bars and dots, a line a model, with intervals and the number beside each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdedge.report.facts import Row
from kdedge.report.plots.svg import ACCENT, GRID, INK, MUTED, QUIET, Plot, canvas, short, to_svg
from kdedge.report.reading import Quantity
from kdedge.report.units import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 470
_LINE = 30
_FRAME = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What a bar plot shows."""

    key: str
    title: str
    axis: str
    """Text under the axis, with the unit."""
    quantity: Callable[[Row], Quantity]
    show: Callable[[Quantity], str]
    """Number beside a bar."""
    dots: bool = False
    """Dots instead of bars: for shares, whose interval says more than their length."""
    scale: float = 1.0
    """Of the axis: 100 for percent."""


def bar_plot(rows: Sequence[Row], bars: Bars, *, choice: str | None) -> Plot | None:
    """Return the picture, or ``None`` when no row has a number.

    Args:
        rows: First row on top.
        bars: What to show.
        choice: Label of the row to stress; without one all are alike.
    """
    known = [row for row in rows if bars.quantity(row).value is not None]
    if not known:
        return None
    figure, axes = canvas(WIDTH, _FRAME + _LINE * len(known))
    label_lines(axes, known)
    reach = 0.0
    for place, row in enumerate(known):
        reach = max(reach, _draw_one(axes, bars, place, row, choice))
    axes.set_xlim(0, (reach or 1.0) * 1.02)
    for place, row in enumerate(known):
        note_value(axes, place, bars.show(bars.quantity(row)))
    axes.axvline(0, color=MUTED, linewidth=0.8, zorder=4)
    axes.set_xlabel(bars.axis)
    told = listed([f"{row.label} {bars.show(bars.quantity(row))}" for row in known])
    return Plot(
        key=bars.key,
        title=bars.title,
        alt=f"{bars.title}, {bars.axis}: {told}.",
        svg=to_svg(figure, name=bars.key),
    )


def label_lines(axes: "Axes", rows: Sequence[Row]) -> None:
    """Give ``axes`` a line a row, the first on top, named at the left."""
    axes.set_yticks(range(len(rows)), [short(row.label) for row in rows])
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(visible=True)
    axes.tick_params(axis="x", length=0)
    axes.locator_params(axis="x", nbins=5)
    axes.spines["bottom"].set_color(GRID)


def note_value(axes: "Axes", place: int, text: str) -> None:
    """Write ``text`` at the right of a line, outside of the axes, where no whisker crosses it."""
    axes.annotate(
        text,
        (1.0, place),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        verticalalignment="center",
        color=INK,
        annotation_clip=False,
    )


def colour_of(row: Row, choice: str | None) -> str:
    """Return the colour of ``row``: stressed when it is the choice, or when there is none."""
    return ACCENT if choice is None or row.label == choice else QUIET


def _draw_one(axes: "Axes", bars: Bars, place: int, row: Row, choice: str | None) -> float:
    """Draw one line; return how far it reaches."""
    quantity = bars.quantity(row)
    value = (quantity.value or 0.0) * bars.scale
    ends = quantity.interval
    low, high = (value, value) if ends is None else (ends[0] * bars.scale, ends[1] * bars.scale)
    colour = colour_of(row, choice)
    if bars.dots:
        axes.plot([low, high], [place, place], color=colour, linewidth=5, alpha=0.5, zorder=2)
        axes.plot([value], [place], "o", color=colour, markersize=9, zorder=3)
        return max(value, high)
    axes.barh(place, value, height=0.62, color=colour, zorder=2)
    if ends is not None:
        axes.plot([low, high], [place, place], color=INK, linewidth=1.4, zorder=3)
        axes.plot([low, high], [place, place], "|", color=INK, markersize=7, zorder=3)
    return max(value, high)
