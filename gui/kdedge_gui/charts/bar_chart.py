"""Lying bars with intervals: names of models are long, and lie well."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdedge_gui.charts.frame import Chart
from kdedge_gui.charts.legend import LegendEntry
from kdedge_gui.charts.values import Bar, Table
from kdedge_gui.numbers import NOT_MEASURED, interval_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

if TYPE_CHECKING:
    from kdedge_gui.charts.canvas import Canvas

_GROUP_HEIGHT = 0.72
_MOST_ROOM, _LEAST_FIELD = 0.6, 80.0
_LINES_A_BAR, _AXIS_LINES = 1.7, 3.5
_FEWEST_BARS = 2
_TICK_DENSITY = 0.6


class BarChart(Chart):
    """Shows ``Bar``s from the top down; those of one label stand together."""

    def __init__(
        self, themes: ThemeManager, *, title: str, x_label: str = "", y_label: str = ""
    ) -> None:
        """Begin empty.

        Args:
            themes: For colours.
            title: Shown above.
            x_label: What the labels name, for the table.
            y_label: What the lengths of the bars stand for.
        """
        self._bars: tuple[Bar, ...] = ()
        super().__init__(themes, title=title, x_label=x_label, y_label=y_label)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is shown."""
        return self._bars

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show ``bars``."""
        self._bars = tuple(bars)
        self.fit_height()
        self.changed()

    @override
    def is_empty(self) -> bool:
        return all(bar.value is None for bar in self._bars)

    @override
    def legend_entries(self) -> tuple[LegendEntry, ...]:
        names = self._series_names()
        if len(names) < 2:
            return ()
        return tuple(
            LegendEntry(name=name, number=at, kind="bar") for at, name in enumerate(names)
        )

    @override
    def least_height(self) -> int:
        line = self.fontMetrics().lineSpacing()
        return round(line * (_LINES_A_BAR * max(_FEWEST_BARS, len(self._bars)) + _AXIS_LINES))

    @override
    def draw_on(self, canvas: "Canvas") -> None:
        style = canvas.begin()
        canvas.x_axis.setTickDensity(_TICK_DENSITY)
        canvas.x_axis.number_text = self._axis_texts[1]
        canvas.y_axis.setGrid(False)
        names, labels = self._series_names(), self._labels()
        height = _GROUP_HEIGHT / len(names)
        spots, told = [], []
        for bar in self._bars:
            number = names.index(bar.series)
            row = -labels.index(bar.label) - (number - (len(names) - 1) / 2) * height
            if bar.value is not None:
                canvas.add_bar(row, value=bar.value, height=height * 0.86, number=number)
                if bar.low is not None and bar.high is not None:
                    canvas.add_whiskers((bar.value, row), x=(bar.low, bar.high))
                spots.append((bar.value, row))
                told.append(self._told(bar))
            text = NOT_MEASURED if bar.value is None else self._y_text(bar.value)
            end = max(bar.value or 0.0, bar.high or 0.0, 0.0)
            canvas.add_text(f" {text}", (end, row))
        canvas.set_spots(
            [x for x, _ in spots], [y for _, y in spots], told=lambda number: told[number]
        )
        ticks = [(-at, canvas.shortened(label)) for at, label in enumerate(labels)]
        canvas.y_axis.setTicks([ticks])
        canvas.y_axis.setTextPen(style.theme.text)
        canvas.setYRange(-len(labels) + 0.5, 0.5, padding=0)
        texts = [self._y_text(bar.value) for bar in self._bars if bar.value is not None]
        widest = max((canvas.text_size(f" {text} ").width() for text in texts), default=0.0)
        room = widest / max(_LEAST_FIELD, canvas.field().width())
        canvas.setXRange(*self._value_range(room=min(room, _MOST_ROOM)), padding=0)

    @override
    def _name_axes(self) -> None:
        if self._canvas is not None:
            self._canvas.name_axes(self._y_label if self._shows_y_label else "", "")

    @override
    def as_table(self) -> Table:
        has_series = len(self._series_names()) > 1
        has_interval = any(bar.low is not None for bar in self._bars)
        headings = [self._x_label or self.tr("Name")]
        headings += [self.tr("Series")] if has_series else []
        headings += [self._y_label or self.tr("Value")]
        headings += [self.tr("95 % interval")] if has_interval else []
        rows = []
        for bar in self._bars:
            row = [bar.label]
            row += [bar.series] if has_series else []
            row += [NOT_MEASURED if bar.value is None else self._y_text(bar.value)]
            row += [interval_text(bar.low, bar.high, shown=self._y_text)] if has_interval else []
            rows.append(row)
        return headings, rows

    @override
    def summary(self) -> str:
        if self.is_empty():
            return self._empty_text
        told = (self._told(bar).replace("\n", ", ") for bar in self._bars)
        return "; ".join(told) + "."

    def _told(self, bar: Bar) -> str:
        name = f"{bar.label}, {bar.series}" if bar.series else bar.label
        value = NOT_MEASURED if bar.value is None else self._y_text(bar.value)
        if bar.low is None or bar.high is None:
            return f"{name}: {value}"
        interval = interval_text(bar.low, bar.high, shown=self._y_text)
        return f"{name}: {value}\n{self.tr('95 % interval')} {interval}"

    def _series_names(self) -> list[str]:
        return list(dict.fromkeys(bar.series for bar in self._bars)) or [""]

    def _labels(self) -> list[str]:
        return list(dict.fromkeys(bar.label for bar in self._bars))

    def _value_range(self, *, room: float) -> tuple[float, float]:
        ends = [
            end for bar in self._bars for end in (bar.value, bar.low, bar.high) if end is not None
        ]
        low, high = min(0.0, *ends, 0.0), max(0.0, *ends, 0.0)
        span = (high - low) or 1.0
        return low - (0.04 * span if low < 0 else 0.0), high + room / (1 - room) * span
