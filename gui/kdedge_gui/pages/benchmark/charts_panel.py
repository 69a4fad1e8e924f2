"""Latency, speed and memory of a run, drawn as the numbers come."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from kdedge_gui.charts import Bar, BarChart, LineChart, Series
from kdedge_gui.charts.frame import Chart
from kdedge_gui.numbers import bytes_text, number_text, rate_text, seconds_text
from kdedge_gui.pages.benchmark.live import LiveRun
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card

_WIDE_LETTERS, _LEAST_WIDE = 70, 620
_MOST_POINTS = 2000
_MIB, _GIB = 1024.0**2, 1024.0**3
_MEMORY_PARTS = ("peak_rss_bytes", "anon_bytes", "weights_resident_bytes", "kv_cache_bytes")


class ChartsPanel(QWidget):
    """Shows only the charts that have something to draw, one or two beside each other."""

    failed = Signal(object)
    """An ``ErrorInfo``: a picture was not saved."""
    saved = Signal(str)

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._ttft = self._line(
            self.tr("Time to first token"), self.tr("Completion"), self.tr("TTFT"), seconds_text
        )
        self._speed = self._line(
            self.tr("Speed of each completion"),
            self.tr("Completion"),
            self.tr("Tokens per second"),
            rate_text,
        )
        self._decode = self._line(
            self.tr("Decode speed"),
            self.tr("Repetition"),
            self.tr("Tokens per second"),
            rate_text,
        )
        self._prefill = self._line(
            self.tr("Prefill speed"),
            self.tr("Repetition"),
            self.tr("Tokens per second"),
            rate_text,
        )
        self._requests = self._line(
            self.tr("Time to first token of a request"),
            self.tr("Repetition"),
            self.tr("TTFT"),
            seconds_text,
        )
        self._machine = self._line(
            self.tr("Memory in use on this machine"),
            self.tr("Seconds"),
            self.tr("Memory"),
            bytes_text,
        )
        self._memory = BarChart(
            themes,
            title=self.tr("Memory of the model's process"),
            x_label=self.tr("Part"),
            y_label=self.tr("Memory"),
        )
        self._memory.hide_y_label()
        self._charts: tuple[Chart, ...] = (
            self._ttft,
            self._speed,
            self._decode,
            self._prefill,
            self._requests,
            self._memory,
            self._machine,
        )
        self._cards = [self._card(chart) for chart in self._charts]
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(16)
        self._n_columns, self._wanted_columns = 0, 1
        self._wanted: list[bool] = []
        self._counts = (-1, -1, -1)

    def show_run(self, run: LiveRun, machine: Sequence[tuple[float, float]] = ()) -> None:
        """Draw what ``run`` has, and the machine's memory as (seconds, bytes in use)."""
        counts = (len(run.completions), len(run.repetitions), len(machine))
        if counts[0] != self._counts[0]:
            self._show_completions(run)
        if counts[1] != self._counts[1]:
            self._show_repetitions(run)
        if counts[2] != self._counts[2]:
            seconds = [at for at, _ in machine]
            sizes = [used for _, used in machine]
            unit = _unit_of(self._machine, max(sizes, default=0.0))
            self._machine.set_series([Series("", seconds, [size / unit for size in sizes])])
        self._counts = counts
        self._arrange()

    def forget(self) -> None:
        """Another run is shown from now on."""
        self._counts = (-1, -1, -1)

    def fit(self, width: int) -> None:
        """Stand in one or two columns, as ``width`` allows."""
        letters = width / max(1, self.fontMetrics().averageCharWidth())
        is_wide = width >= _LEAST_WIDE and letters > _WIDE_LETTERS
        self._wanted_columns = 2 if is_wide else 1
        self._arrange()

    def _show_completions(self, run: LiveRun) -> None:
        newest = list(enumerate(run.completions, 1))[-_MOST_POINTS:]
        ttft = [(at, each.ttft_s) for at, each in newest if each.ttft_s is not None]
        speed = [(at, rate) for at, each in newest if (rate := each.tokens_per_s) is not None]
        self._ttft.set_series([_dots("", ttft)])
        self._speed.set_series([_dots("", speed)])

    def _show_repetitions(self, run: LiveRun) -> None:
        names = list(dict.fromkeys(each.name for each in run.repetitions))
        for chart, kind in ((self._decode, "raw/tg"), (self._prefill, "raw/pp")):
            chart.set_series([_repetitions(run, name) for name in names if name.startswith(kind)])
        self._requests.set_series(
            [_repetitions(run, name) for name in names if name.startswith("user/")]
        )
        memory = [each for each in run.repetitions if each.name == "memory"]
        parts = memory[-1].parts if memory else {}
        words = {
            "peak_rss_bytes": self.tr("at most, all"),
            "anon_bytes": self.tr("cannot be dropped"),
            "weights_resident_bytes": self.tr("weights in memory"),
            "kv_cache_bytes": self.tr("KV cache"),
        }
        sizes = {words[part]: float(parts[part]) for part in _MEMORY_PARTS if part in parts}
        unit = _unit_of(self._memory, max(sizes.values(), default=0.0))
        self._memory.set_bars([Bar(name, size / unit) for name, size in sizes.items()])

    def _arrange(self) -> None:
        n_columns = self._wanted_columns
        wanted = [not chart.is_empty() for chart in self._charts]
        if (n_columns, wanted) == (self._n_columns, self._wanted):
            return
        self._n_columns, self._wanted = n_columns, wanted
        for card, is_wanted in zip(self._cards, wanted, strict=True):
            self._grid.removeWidget(card)
            card.setVisible(is_wanted)
        shown = [card for card, is_wanted in zip(self._cards, wanted, strict=True) if is_wanted]
        for at, card in enumerate(shown):
            is_alone = at == len(shown) - 1 and at % n_columns == 0
            width = n_columns if is_alone else 1
            self._grid.addWidget(card, at // n_columns, at % n_columns, 1, width)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1 if n_columns == 2 else 0)
        self.setVisible(bool(shown))
        self.updateGeometry()

    def _line(
        self, title: str, x_label: str, y_label: str, text: Callable[[float], str]
    ) -> LineChart:
        chart = LineChart(self._themes, title=title, x_label=x_label, y_label=y_label)
        chart.set_number_texts(x=number_text, y=text)
        chart.set_y_limits(0.0)
        chart.hide_y_label()
        chart.let_x_count()
        return chart

    def _card(self, chart: Chart) -> Card:
        card = Card("", self._themes, self)
        mark(card, "role", "card")
        card.content.addWidget(chart)
        card.setAccessibleName(chart.title)
        chart.failed.connect(self.failed)
        chart.saved.connect(self.saved)
        card.hide()
        return card


def _unit_of(chart: Chart, largest_bytes: float) -> float:
    """Return what sizes are divided by, so that the axis has round numbers, and write them so."""
    unit = _GIB if largest_bytes >= 2 * _GIB else _MIB
    chart.set_number_texts(x=number_text, y=lambda size: bytes_text(size * unit))
    return unit


def _dots(name: str, points: Sequence[tuple[int, float]]) -> Series:
    return Series(
        name,
        [float(at) for at, _ in points],
        [value for _, value in points],
        is_joined=False,
    )


def _repetitions(run: LiveRun, name: str) -> Series:
    values = [each.value for each in run.repetitions if each.name == name]
    shown = name.partition("/")[2]
    return Series(shown, [float(at) for at in range(1, len(values) + 1)], values)
