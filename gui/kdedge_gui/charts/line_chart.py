"""Lines over a common axis, with intervals as bands; also points that stand alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdedge_gui.charts.frame import Chart
from kdedge_gui.charts.legend import LegendEntry
from kdedge_gui.charts.values import Series, Table
from kdedge_gui.numbers import interval_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

if TYPE_CHECKING:
    from kdedge_gui.charts.canvas import Canvas

_MOST_TABLE_ROWS = 2000
_MOST_SYMBOLS = 24
"""On a joined line; more would hide it."""


class LineChart(Chart):
    """Shows ``Series``; give it the longer series as they grow."""

    def __init__(
        self, themes: ThemeManager, *, title: str, x_label: str = "", y_label: str = ""
    ) -> None:
        super().__init__(themes, title=title, x_label=x_label, y_label=y_label)
        self._series: tuple[Series, ...] = ()
        self._y_low: float | None = None
        self._y_high: float | None = None
        self._x_counts = False

    @property
    def series(self) -> tuple[Series, ...]:
        """What is shown."""
        return self._series

    def set_series(self, series: Sequence[Series]) -> None:
        """Show ``series``; drawn at most ten times a second."""
        self._series = tuple(series)
        self.changed()

    def set_y_limits(self, low: float | None, high: float | None = None) -> None:
        """Let the upright axis begin or end here; ``None`` leaves an end to the data."""
        self._y_low, self._y_high = low, high
        self.changed()

    def let_x_count(self) -> None:
        """Write whole numbers only along the lying axis: it counts something."""
        self._x_counts = True
        self.changed()

    @override
    def is_empty(self) -> bool:
        return not any(len(each.x) for each in self._series)

    @override
    def legend_entries(self) -> tuple[LegendEntry, ...]:
        if len(self._series) < 2:
            return ()
        return tuple(
            LegendEntry(name=each.name, number=at, kind="line" if each.is_joined else "points")
            for at, each in enumerate(self._series)
        )

    @override
    def draw_on(self, canvas: "Canvas") -> None:
        style = canvas.begin()
        canvas.x_axis.counts = self._x_counts
        self._set_range(canvas)
        drawn = [(number, each) for number, each in enumerate(self._series) if len(each.x)]
        for number, each in drawn:
            if each.low is not None and each.high is not None:
                canvas.add_band(each.x, each.low, each.high, number=number)
            if each.is_joined:
                canvas.add_line(each.x, each.y, pen=style.line(number))
            most = _MOST_SYMBOLS if each.is_joined else None
            canvas.add_symbols(each.x, each.y, number=number, most=most)
        places = [(each, at) for _, each in drawn for at in range(len(each.x))]
        canvas.set_spots(
            [each.x[at] for each, at in places],
            [each.y[at] for each, at in places],
            told=lambda number: self._told(*places[number]),
        )

    @override
    def as_table(self) -> Table:
        has_interval = any(each.low is not None for each in self._series)
        headings = [self._x_label or self.tr("Place"), self._y_label or self.tr("Value")]
        if len(self._series) > 1:
            headings.insert(0, self.tr("Series"))
        if has_interval:
            headings.append(self.tr("95 % interval"))
        rows = [
            self._row(each, at, has_interval=has_interval)
            for each in self._series
            for at in range(len(each.x))
        ]
        return headings, rows[-_MOST_TABLE_ROWS:]

    @override
    def summary(self) -> str:
        if self.is_empty():
            return self._empty_text
        return "; ".join(self._sentence(each) for each in self._series if len(each.x)) + "."

    def _sentence(self, series: Series) -> str:
        return self.tr("{name}: {n} points, from {low} to {high}, the last {last}").format(
            name=series.name or self._title,
            n=len(series.x),
            low=self._y_text(min(series.y)),
            high=self._y_text(max(series.y)),
            last=self._y_text(series.y[-1]),
        )

    def _told(self, series: Series, at: int) -> str:
        place = f"{self._x_label} {self._x_text(series.x[at])}".strip()
        value = self._y_text(series.y[at])
        name = f"{series.name}\n" if series.name and len(self._series) > 1 else ""
        return f"{name}{place}: {value}"

    def _row(self, series: Series, at: int, *, has_interval: bool) -> list[str]:
        row = [self._x_text(series.x[at]), self._y_text(series.y[at])]
        if len(self._series) > 1:
            row.insert(0, series.name)
        if has_interval:
            low = None if series.low is None else series.low[at]
            high = None if series.high is None else series.high[at]
            row.append(interval_text(low, high, shown=self._y_text))
        return row

    def _set_range(self, canvas: "Canvas") -> None:
        ys = [
            value
            for each in self._series
            for part in (each.y, each.low, each.high)
            if part is not None
            for value in part
        ]
        xs = [value for each in self._series for value in each.x]
        if ys:
            low = min(ys) if self._y_low is None else self._y_low
            high = max(ys) if self._y_high is None else self._y_high
            span = (high - low) or abs(high) or 1.0
            canvas.setYRange(
                low if self._y_low is not None else low - 0.06 * span,
                high if self._y_high is not None else high + 0.08 * span,
                padding=0,
            )
            first, last = min(xs), max(xs)
            margin = 0.03 * (last - first) or 1.0
            canvas.setXRange(first - margin, last + margin, padding=0)
