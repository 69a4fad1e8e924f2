"""What the picture of the front shows: points with intervals, and the border of what was reached.

Which models are on the front is the library's word (``kdedge.report.front_axes``); here it is
only turned into places on two axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from kdedge_gui.charts.values import Point
from kdedge_gui.pages.compare.labels import short_labels
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge.report.facts import Row
    from kdedge.report.front_axes import Axis

_MIB = 1024.0**2


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisLook:
    """How numbers of one axis are drawn and written."""

    name: str
    """As the command line spells it."""
    title: str
    unit: str
    """Of the drawn numbers."""
    scale: float = 1.0
    """What a measured number is multiplied with to have that unit."""


def axis_looks() -> tuple[AxisLook, ...]:
    """Return every axis, in the order in which they are offered."""
    rate = tr("tokens/s")
    return (
        AxisLook(name="pass@1", title=tr("pass@1"), unit="%", scale=100.0),
        AxisLook(name="decode", title=tr("Decode speed"), unit=rate),
        AxisLook(name="prefill", title=tr("Prefill speed"), unit=rate),
        AxisLook(name="ttft", title=tr("TTFT"), unit="s"),
        AxisLook(name="memory", title=tr("Memory"), unit="MiB", scale=1 / _MIB),
        AxisLook(name="energy", title=tr("Energy"), unit=tr("J/token")),
        AxisLook(name="size", title=tr("File size"), unit="MiB", scale=1 / _MIB),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPicture:
    """One chart's content."""

    x_label: str
    y_label: str
    points: tuple[Point, ...]
    front: tuple[tuple[float, float], ...]
    """Corners of the border, or nothing where one model is best on both axes."""
    sentence: str
    """Which models are on the front."""


def axes_measured(rows: "Sequence[Row]") -> tuple[AxisLook, ...]:
    """Return the axes that at least two of ``rows`` have a number on."""
    from kdedge.report.front_axes import AXES, measured_on

    known = {axis.name for axis in AXES if len(measured_on(rows, [axis])) >= 2}
    return tuple(look for look in axis_looks() if look.name in known)


def axes_missing(rows: "Sequence[Row]") -> tuple[str, ...]:
    """Return a sentence for each axis that cannot be offered, with the reason the runs give."""
    from kdedge.report.front_axes import AXES, measured_on

    titles = {look.name: look.title for look in axis_looks()}
    told = []
    for axis in AXES:
        if len(measured_on(rows, [axis])) >= 2:
            continue
        reasons = [axis.quantity(row).reason for row in rows]
        reason = next((each for each in reasons if each), tr("not measured"))
        told.append(
            tr("{axis} cannot be chosen: {reason}.").format(axis=titles[axis.name], reason=reason)
        )
    return tuple(told)


def picture_of(rows: "Sequence[Row]", *, x: AxisLook, y: AxisLook) -> FrontPicture:
    """Return ``rows`` as points on ``x`` and ``y``, with the front that none beats on both."""
    from kdedge.report.front_axes import (
        axes_named,
        front_sentence,
        measured_on,
        rows_on_front,
    )

    axes = axes_named((x.name, y.name))
    short = short_labels([row.label for row in rows])
    points = {
        row.label: _point(row, short[row.label], tuple(zip(axes, (x, y), strict=True)))
        for row in measured_on(rows, axes)
    }
    front = [points[row.label] for row in rows_on_front(rows, axes)]
    return FrontPicture(
        x_label=_with_direction(x, axes[0], tr("right is better"), tr("left is better")),
        y_label=_with_direction(y, axes[1], tr("up is better"), tr("down is better")),
        points=tuple(points.values()),
        front=_border([(each.x, each.y) for each in front], axes),
        sentence=front_sentence(rows, axes),
    )


def _point(row: "Row", name: str, axes: "Sequence[tuple[Axis, AxisLook]]") -> Point:
    (x, x_low, x_high), (y, y_low, y_high) = (
        _scaled(row, axis, look.scale) for axis, look in axes
    )
    assert x is not None
    assert y is not None
    return Point(name, x, y, x_low=x_low, x_high=x_high, y_low=y_low, y_high=y_high)


def _scaled(
    row: "Row", axis: "Axis", scale: float
) -> tuple[float | None, float | None, float | None]:
    quantity = axis.quantity(row)
    low, high = quantity.interval or (None, None)
    value, low, high = (
        None if number is None else number * scale for number in (quantity.value, low, high)
    )
    return value, low, high


def _border(
    points: Sequence[tuple[float, float]], axes: "Sequence[Axis]"
) -> tuple[tuple[float, float], ...]:
    """Return the steps from point to point: between two, only what both reach was reached."""
    worse = [min if axis.better == "higher" else max for axis in axes]
    corners = list(points[:1])
    for (x0, y0), (x1, y1) in pairwise(points):
        corners += [(worse[0](x0, x1), worse[1](y0, y1)), (x1, y1)]
    return tuple(corners) if len(points) > 1 else ()


def _with_direction(look: AxisLook, axis: "Axis", higher: str, lower: str) -> str:
    end = higher if axis.better == "higher" else lower
    return f"{look.title}, {look.unit} ({end})"
