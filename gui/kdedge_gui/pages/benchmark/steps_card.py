"""The jobs of a benchmark and what each has come to; a click shows one."""

from collections.abc import Sequence
from statistics import median

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListWidget, QSizePolicy, QWidget

from kdedge_gui.numbers import bytes_text, count_text, interval_text, percent_text, rate_text
from kdedge_gui.pages.benchmark.live import LiveRun
from kdedge_gui.pages.benchmark.queue import QueuedStep
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import coloured_icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import Theme
from kdedge_gui.translate import tr
from kdedge_gui.widgets.card import Card

_MOST_ROWS = 6


class StepsCard(Card):
    """Hidden while there is only one job."""

    chosen = Signal(int)
    """The number of the job that is to be shown."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Jobs"))
        self._list = _FittingList(self)
        self._list.setAccessibleName(self.tr("Jobs of this benchmark"))
        self._list.itemClicked.connect(lambda _: self.chosen.emit(self._list.currentRow()))
        self._list.itemActivated.connect(lambda _: self.chosen.emit(self._list.currentRow()))
        self.content.addWidget(self._list)
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What the rows say."""
        return [self._list.item(row).text() for row in range(self._list.count())]

    def show_steps(self, steps: Sequence[QueuedStep], runs: Sequence[LiveRun], at: int) -> None:
        """Show all jobs; ``at`` is the one whose details are shown."""
        while self._list.count() > len(steps):
            self._list.takeItem(self._list.count() - 1)
        while self._list.count() < len(steps):
            self._list.addItem("")
        for row, (queued, run) in enumerate(zip(steps, runs, strict=True)):
            item = self._list.item(row)
            item.setText(f"{queued.step.title}\n{step_words(queued, run)}")
            item.setIcon(coloured_icon(*_symbol(queued.state, self._themes.theme)))
        self._list.setCurrentRow(at)
        self.setVisible(len(steps) > 1)
        self._list.fit()


class _FittingList(QListWidget):
    """As high as its rows, which wrap where they are long."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)

    def fit(self) -> None:
        """Take the height of the rows, at most of six."""
        rows = range(min(self.count(), _MOST_ROWS))
        height = sum(self.sizeHintForRow(row) for row in rows) + 2 * self.frameWidth() + 4
        if height != self.height():
            self.setFixedHeight(height)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self.fit()


def step_words(queued: QueuedStep, run: LiveRun) -> str:
    """Return what has become of a job, in a line."""
    return " · ".join([_state_words(queued, run), *_results(run)])


def _state_words(queued: QueuedStep, run: LiveRun) -> str:
    words = {
        "waiting": tr("waits"),
        "running": tr("running"),
        "stopping": tr("stopping…"),
        "paused": tr("paused"),
        "done": tr("done"),
        "failed": tr("failed"),
        "cancelled": tr("stopped"),
    }[queued.state]
    phase = run.phase
    if queued.state != "running" or phase is None or not phase.total:
        return words
    return tr("{words}, {phase} {done} of {all}").format(
        words=words,
        phase=phase.name,
        done=count_text(phase.done),
        all=count_text(phase.total),
    )


def _results(run: LiveRun) -> list[str]:
    parts = [
        f"pass@{each.k} {percent_text(each.value)} ({interval_text(each.low, each.high)})"
        for each in run.estimates
        if each.value is not None
    ]
    rates = [each.value for each in run.repetitions if each.name.startswith("raw/tg")]
    sizes = [each.value for each in run.repetitions if each.name == "memory"]
    parts += [tr("decode {speed}").format(speed=rate_text(median(rates)))] if rates else []
    parts += [bytes_text(sizes[-1])] if sizes else []
    return parts


def _symbol(state: str, theme: Theme) -> tuple[str, str]:
    return {
        "waiting": ("clock", theme.muted),
        "running": ("play", theme.accent),
        "stopping": ("stop", theme.warning),
        "paused": ("pause", theme.warning),
        "done": ("check", theme.good),
        "failed": ("cross", theme.bad),
        "cancelled": ("stop", theme.warning),
    }[state]
