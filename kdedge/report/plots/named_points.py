"""Round marks with names beside them, as the pictures of trade-offs have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdedge.report.plots.labels import Box, Point, place_labels
from kdedge.report.plots.svg import INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_AIR = 3
"""Pixels that names keep between them."""
_NEAR = 14
"""Pixels from a mark within which a name plainly belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPoint:
    """One mark."""

    x: float
    y: float
    """Place on the axes, in their units."""
    radius: float
    """In pixels."""
    colour: str
    name: str


def draw_points(axes: "Axes", points: Sequence[NamedPoint]) -> None:
    """Draw the marks, without their names."""
    for point in points:
        axes.plot(
            [point.x],
            [point.y],
            "o",
            color=point.colour,
            markersize=2 * point.radius,
            markeredgecolor=PAPER,
            markeredgewidth=1.5,
            zorder=3,
        )


def name_points(
    figure: "Figure",
    axes: "Axes",
    points: Sequence[NamedPoint],
    *,
    font_size: float,
    taken: Sequence[Box] = (),
) -> None:
    """Put the names where they hide least; the figure must have been drawn once before.

    Args:
        figure: The picture.
        axes: Where the points are.
        points: In order of importance.
        font_size: Of the names.
        taken: What else they may not cover, in pixels.
    """
    texts = [
        figure.text(0, 0, each.name, color=INK, fontsize=font_size, va="bottom") for each in points
    ]
    marks = []
    for point, text in zip(points, texts, strict=True):
        extent = text.get_window_extent()
        x, y = axes.transData.transform((point.x, point.y))
        marks.append(
            Point(
                x=x,
                y=y,
                radius=point.radius,
                text_width=extent.width + _AIR,
                text_height=extent.height + _AIR,
            )
        )
    area = axes.get_window_extent()
    frame = Box(left=area.x0, bottom=area.y0, width=area.width, height=area.height)
    boxes = place_labels(marks, frame=frame, taken=taken)
    for text, mark, box in zip(texts, marks, boxes, strict=True):
        text.set_position((box.left / figure.bbox.width, box.bottom / figure.bbox.height))
        _lead(figure, mark, box)


def _lead(figure: "Figure", point: Point, box: Box) -> None:
    """Draw a thin line from a name to its point when they stand far apart."""
    from matplotlib.lines import Line2D

    x = min(max(point.x, box.left), box.left + box.width)
    y = min(max(point.y, box.bottom), box.bottom + box.height)
    far = ((x - point.x) ** 2 + (y - point.y) ** 2) ** 0.5
    if far < point.radius + _NEAR:
        return
    start = point.radius / far
    xs = [point.x + (x - point.x) * start, x]
    ys = [point.y + (y - point.y) * start, y]
    width, height = figure.bbox.width, figure.bbox.height
    figure.add_artist(
        Line2D([x / width for x in xs], [y / height for y in ys], color=MUTED, linewidth=0.7)
    )
