"""What speed costs in solved problems: one point a model, and the front none of them beats."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from kdedge.report.facts import Row
from kdedge.report.front_axes import DEFAULT_AXES, rows_on_front
from kdedge.report.plots.bars import colour_of
from kdedge.report.plots.labels import Box
from kdedge.report.plots.named_points import NamedPoint, draw_points, name_points
from kdedge.report.plots.svg import GRID, MUTED, Plot, canvas, short, to_svg
from kdedge.report.units import bytes_text, listed, percent, rate_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SMALLEST, _LARGEST = 9.0, 19.0
"""Radii of the marks, in pixels."""
_FEW = 6
"""With more models, names stand without sizes and in small letters."""


def pareto_plot(rows: Sequence[Row], *, choice: str | None) -> Plot | None:
    """Return the picture, or ``None`` when fewer than two rows have both numbers."""
    known = [row for row in rows if _speed(row) > 0 and row.pass_at_1.value is not None]
    if len(known) < 2:
        return None
    figure, axes = canvas(760, 400 if len(known) <= _FEW else 480)
    _frame(axes, known)
    radii = _radii(known)
    _draw_front(axes, known)
    points = _points(known, radii, choice)
    for row in known:
        _draw_intervals(axes, row)
    draw_points(axes, points)
    figure.draw_without_rendering()
    lines = _front_boxes(axes, known) + [box for row in known for box in _whiskers(axes, row)]
    name_points(figure, axes, points, font_size=9 if len(known) > _FEW else 11, taken=lines)
    front = [row.label for row in rows_on_front(known, DEFAULT_AXES)]
    told = "; ".join(
        f"{row.label} {rate_text(_speed(row))} tokens/s, {percent(_share(row))}" for row in known
    )
    return Plot(
        key="pareto",
        title="What speed costs in solved problems",
        alt=f"pass@1 against decode speed: {told}. No other model beats {listed(front)} in both.",
        svg=to_svg(figure, name="pareto"),
        note="Larger marks need more memory. Thin lines are 95 % intervals. The dashed line joins "
        "the models that no other one beats in both speed and solved problems.",
        wide=True,
    )


def _speed(row: Row) -> float:
    return row.speed.decode_tokens_per_s.value or 0.0


def _share(row: Row) -> float:
    return row.pass_at_1.value or 0.0


def _frame(axes: "Axes", rows: Sequence[Row]) -> None:
    top = max(max(_share(row), row.pass_at_1.high or 0.0) for row in rows) * 100
    bottom = min(min(_share(row), row.pass_at_1.low or 0.0) for row in rows) * 100
    margin = max(2.0, 0.12 * (top - bottom))
    speeds = [_speed(row) for row in rows]
    reach = max(max(speeds) - min(speeds), 0.15 * max(speeds))
    axes.set_xlim(max(0.0, min(speeds) - 0.25 * reach), max(speeds) + 0.3 * reach)
    axes.set_ylim(max(-margin / 2, bottom - margin), top + margin)
    axes.set_xlabel("decode, tokens/s  (further right is faster)")
    axes.set_ylabel("pass@1, %  (higher solves more)")
    axes.grid(visible=True)
    axes.tick_params(length=0, labelcolor=MUTED)
    axes.spines["bottom"].set_color(GRID)


def _radii(rows: Sequence[Row]) -> list[float]:
    """Return radii whose areas grow with the memory the models need."""
    needs = [row.memory.needs_bytes.value or row.model.file_bytes.value or 0.0 for row in rows]
    most = max(needs) or 1.0
    shrink = 1.0 if len(rows) <= _FEW else 0.65
    return [shrink * max(_SMALLEST, _LARGEST * (need / most) ** 0.5) for need in needs]


def _draw_front(axes: "Axes", rows: Sequence[Row]) -> None:
    xs, ys = zip(*_front_line(axes, rows), strict=True)
    axes.plot(xs, ys, color=MUTED, linewidth=1.4, linestyle=(0, (5, 4)), zorder=1)


def _front_line(axes: "Axes", rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return the corners of the border of what was reached: nothing lies beyond it."""
    front = [(_speed(row), 100 * _share(row)) for row in rows_on_front(rows, DEFAULT_AXES)]
    corners = [(axes.get_xlim()[0], front[0][1])]
    for speed, share in front:
        corners += [(corners[-1][0], share), (speed, share)]
    return [*corners, (front[-1][0], axes.get_ylim()[0])]


def _front_boxes(axes: "Axes", rows: Sequence[Row]) -> list[Box]:
    """Return the front as boxes, so that no name is put on it."""
    corners = axes.transData.transform(_front_line(axes, rows))
    return [
        Box(
            left=min(x, next_x) - 2,
            bottom=min(y, next_y) - 2,
            width=abs(next_x - x) + 4,
            height=abs(next_y - y) + 4,
        )
        for (x, y), (next_x, next_y) in pairwise(corners)
    ]


def _points(rows: Sequence[Row], radii: Sequence[float], choice: str | None) -> list[NamedPoint]:
    crowded = len(rows) > _FEW
    return [
        NamedPoint(
            x=_speed(row),
            y=100 * _share(row),
            radius=radius,
            colour=colour_of(row, choice),
            name=short(row.label) if crowded else f"{short(row.label)} · {_size(row)}",
        )
        for row, radius in zip(rows, radii, strict=True)
    ]


def _draw_intervals(axes: "Axes", row: Row) -> None:
    x, y = _speed(row), 100 * _share(row)
    for ends, horizontal in (
        (row.speed.decode_tokens_per_s.interval, True),
        (row.pass_at_1.interval, False),
    ):
        if ends is None:
            continue
        xs = list(ends) if horizontal else [x, x]
        ys = [y, y] if horizontal else [100 * end for end in ends]
        axes.plot(xs, ys, color=MUTED, linewidth=1, alpha=0.6, zorder=2)


def _whiskers(axes: "Axes", row: Row) -> list[Box]:
    ends = row.pass_at_1.interval
    if ends is None:
        return []
    x, low = axes.transData.transform((_speed(row), 100 * ends[0]))
    _, high = axes.transData.transform((_speed(row), 100 * ends[1]))
    return [Box(left=x - 1.5, bottom=low, width=3, height=high - low)]


def _size(row: Row) -> str:
    need = row.memory.needs_bytes.value or row.model.file_bytes.value
    return "size unknown" if need is None else bytes_text(need)
