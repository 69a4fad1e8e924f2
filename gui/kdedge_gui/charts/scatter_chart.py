"""A few points with names, intervals along both axes, and a front line on request."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF

from kdedge_gui.charts.frame import Chart
from kdedge_gui.charts.legend import LegendEntry
from kdedge_gui.charts.values import Point, Table
from kdedge_gui.numbers import interval_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

if TYPE_CHECKING:
    from kdedge_gui.charts.canvas import Canvas

_PADDING = 0.16
_SYMBOL_SCALE = 1.4
_MOST_HIDDEN = 0.15
_POINT_WEIGHT = 6.0
"""A label hides anything rather than a point."""
_LINE_WEIGHT = 2.0
"""A name that is struck through by a line is harder to read than one beside it."""
_LINE_MARGINS = QMarginsF(1.5, 1.5, 1.5, 1.5)
_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))
"""Where a label may stand beside its point, in steps to the right and down, best first."""


class ScatterChart(Chart):
    """Shows ``Point``s; each has a colour and a shape of its own."""

    def __init__(
        self, themes: ThemeManager, *, title: str, x_label: str = "", y_label: str = ""
    ) -> None:
        super().__init__(themes, title=title, x_label=x_label, y_label=y_label)
        self._points: tuple[Point, ...] = ()
        self._front: tuple[tuple[float, float], ...] = ()
        self._is_crowded = False

    @property
    def points(self) -> tuple[Point, ...]:
        """What is shown."""
        return self._points

    def set_points(self, points: Sequence[Point]) -> None:
        """Show ``points``."""
        self._points = tuple(points)
        self.changed()

    def set_front(self, front: Sequence[tuple[float, float]]) -> None:
        """Join these places with a dashed line; none takes it away."""
        self._front = tuple(front)
        self.changed()

    @override
    def is_empty(self) -> bool:
        return not self._points

    @override
    def legend_entries(self) -> tuple[LegendEntry, ...]:
        if not self._is_crowded:
            return ()
        return tuple(
            LegendEntry(name=point.label, number=number, kind="points")
            for number, point in enumerate(self._points)
        )

    @override
    def draw_on(self, canvas: "Canvas") -> None:
        style = canvas.begin()
        self._set_range(canvas)
        for (x0, y0), (x1, y1) in pairwise(self._front):
            canvas.add_line([x0, x1], [y0, y1], pen=style.front)
        for point in self._points:
            canvas.add_whiskers(
                (point.x, point.y),
                x=_both(point.x_low, point.x_high),
                y=_both(point.y_low, point.y_high),
            )
        for number, point in enumerate(self._points):
            canvas.add_symbols([point.x], [point.y], number=number, scale=_SYMBOL_SCALE)
        points = self._points
        canvas.set_spots(
            [point.x for point in points],
            [point.y for point in points],
            told=lambda number: self._told(points[number]),
        )
        self._add_labels(canvas)

    @override
    def as_table(self) -> Table:
        headings = [self.tr("Name"), self._x_label or "x", self._y_label or "y"]
        has_x = any(point.x_low is not None for point in self._points)
        has_y = any(point.y_low is not None for point in self._points)
        if has_y:
            headings.insert(3, self.tr("95 % interval"))
        if has_x:
            headings.insert(2, self.tr("95 % interval"))
        rows = []
        for point in self._points:
            row = [point.label, self._x_text(point.x)]
            if has_x:
                row.append(interval_text(point.x_low, point.x_high, shown=self._x_text))
            row.append(self._y_text(point.y))
            if has_y:
                row.append(interval_text(point.y_low, point.y_high, shown=self._y_text))
            rows.append(row)
        return headings, rows

    @override
    def summary(self) -> str:
        if self.is_empty():
            return self._empty_text
        return "; ".join(self._told(point).replace("\n", ", ") for point in self._points) + "."

    def _told(self, point: Point) -> str:
        return (
            f"{point.label}\n{self._x_label}: {self._x_text(point.x)}\n"
            f"{self._y_label}: {self._y_text(point.y)}"
        )

    def _set_range(self, canvas: "Canvas") -> None:
        xs = _ends((p.x, p.x_low, p.x_high) for p in self._points)
        ys = _ends((p.y, p.y_low, p.y_high) for p in self._points)
        for set_range, ends in ((canvas.setXRange, xs), (canvas.setYRange, ys)):
            low, high = min(ends), max(ends)
            span = (high - low) or abs(high) or 1.0
            set_range(low - _PADDING * span, high + _PADDING * span, padding=0)

    def _add_labels(self, canvas: "Canvas") -> None:
        """Write each name beside its point; where they would hide each other, in a legend."""
        gap = self.style_now().symbol_size * _SYMBOL_SCALE * 0.6
        places = [canvas.place_of(point.x, point.y) for point in self._points]
        taken = [
            _Taken(QRectF(at.x() - gap, at.y() - gap, 2 * gap, 2 * gap), _POINT_WEIGHT)
            for at in places
        ]
        lines = [_Taken(box, _LINE_WEIGHT) for box in self._line_boxes(canvas)]
        field = canvas.field()
        found = []
        for point, at in zip(self._points, places, strict=True):
            boxes = _boxes_beside(at, canvas.text_size(point.label), gap=gap)
            chosen = min(boxes, key=lambda box: _hidden(box, taken=taken + lines, field=field))
            is_crowded = _hidden(chosen, taken=taken, field=field) > _MOST_HIDDEN * _area(chosen)
            taken.append(_Taken(chosen, 1.0))
            found.append((chosen, is_crowded))
        self._set_crowded(any(is_crowded for _, is_crowded in found))
        if not self._is_crowded:
            for point, (box, _) in zip(self._points, found, strict=True):
                canvas.add_label(point.label, box.topLeft())

    def _line_boxes(self, canvas: "Canvas") -> list[QRectF]:
        """Return where intervals and the front line run, in pixels."""
        ends = list(pairwise(self._front))
        for point in self._points:
            if (across := _both(point.x_low, point.x_high)) is not None:
                ends.append(((across[0], point.y), (across[1], point.y)))
            if (up := _both(point.y_low, point.y_high)) is not None:
                ends.append(((point.x, up[0]), (point.x, up[1])))
        return [
            QRectF(canvas.place_of(*first), canvas.place_of(*last)).normalized() + _LINE_MARGINS
            for first, last in ends
        ]

    def _set_crowded(self, is_crowded: bool) -> None:
        if is_crowded != self._is_crowded:
            self._is_crowded = is_crowded
            self.show_legend()


@dataclass(frozen=True, slots=True)
class _Taken:
    """A place where something stands already, and how much it would be missed."""

    box: QRectF
    weight: float


def _boxes_beside(at: QPointF, size: QSizeF, *, gap: float) -> list[QRectF]:
    """Return where a label may stand, best first."""
    boxes = []
    for across, down in _SIDES:
        left = at.x() + across * gap - (1 - across) / 2 * size.width()
        top = at.y() + down * gap - (1 - down) / 2 * size.height()
        boxes.append(QRectF(QPointF(left, top), size))
    return boxes


def _hidden(box: QRectF, *, taken: Sequence[_Taken], field: QRectF) -> float:
    """Return how much of ``box`` lies upon others or outside, in square pixels."""
    covered = sum(each.weight * _area(box.intersected(each.box)) for each in taken)
    return covered + 2 * (_area(box) - _area(box.intersected(field)))


def _both(low: float | None, high: float | None) -> tuple[float, float] | None:
    return None if low is None or high is None else (low, high)


def _ends(groups: Iterable[tuple[float | None, ...]]) -> list[float]:
    return [value for group in groups for value in group if value is not None]


def _area(box: QRectF) -> float:
    return max(0.0, box.width()) * max(0.0, box.height())
