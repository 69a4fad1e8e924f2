"""Waiting times: for the first token, and between tokens."""

from collections.abc import Callable, Sequence

from kdedge.report.facts import Row
from kdedge.report.plots.bars import WIDTH, colour_of, label_lines
from kdedge.report.plots.svg import INK, MUTED, Plot, canvas, to_svg
from kdedge.report.reading import Quantity
from kdedge.report.units import listed, seconds_text

_Point = tuple[str, str, Callable[[Row], Quantity]]
_TTFT: tuple[_Point, ...] = (
    ("median", "o", lambda row: row.speed.ttft_s),
    ("p95", "D", lambda row: row.speed.ttft_p95_s),
)
_ITL: tuple[_Point, ...] = (
    ("p50", "o", lambda row: row.speed.itl_p50_s),
    ("p95", "D", lambda row: row.speed.itl_p95_s),
    ("p99", "^", lambda row: row.speed.itl_p99_s),
)


def ttft_plot(rows: Sequence[Row], *, choice: str | None) -> Plot | None:
    """Return the picture of the time to the first token; ``None`` without numbers."""
    return _plot(rows, _TTFT, key="ttft", title="Wait for the first token", choice=choice)


def itl_plot(rows: Sequence[Row], *, choice: str | None) -> Plot | None:
    """Return the picture of the gaps between tokens; ``None`` without numbers."""
    return _plot(rows, _ITL, key="itl", title="Wait between tokens", choice=choice)


def _plot(
    rows: Sequence[Row], points: tuple[_Point, ...], *, key: str, title: str, choice: str | None
) -> Plot | None:
    from matplotlib.lines import Line2D

    known = [row for row in rows if any(read(row).value is not None for _, _, read in points)]
    if not known:
        return None
    figure, axes = canvas(WIDTH, 84 + 30 * len(known))
    label_lines(axes, known)
    longest = max(read(row).value or 0.0 for row in known for _, _, read in points)
    unit, scale = ("s", 1.0) if longest >= 1 else ("ms", 1000.0)
    for place, row in enumerate(known):
        found = [
            (mark, value) for _, mark, read in points if (value := read(row).value) is not None
        ]
        values = [value * scale for _, value in found]
        colour = colour_of(row, choice)
        axes.plot([min(values), max(values)], [place, place], color=colour, linewidth=4, alpha=0.5)
        for (mark, _), value in zip(found, values, strict=True):
            axes.plot([value], [place], mark, color=colour, markersize=8, zorder=3)
    axes.set_xlim(0, longest * scale * 1.08)
    axes.set_xlabel(unit)
    handles = [
        Line2D([], [], marker=mark, color=MUTED, linestyle="none", markersize=7, label=name)
        for name, mark, _ in points
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(points), labelcolor=INK)
    return Plot(
        key=key, title=title, alt=f"{title}: {_told(known, points)}.", svg=to_svg(figure, name=key)
    )


def _told(rows: Sequence[Row], points: tuple[_Point, ...]) -> str:
    lines = []
    for row in rows:
        known = [(name, read(row).value) for name, _, read in points]
        shown = [f"{name} {seconds_text(value)}" for name, value in known if value is not None]
        lines.append(f"{row.label} {listed(shown)}")
    return "; ".join(lines)
