"""The jobs of a benchmark as a table: what each has come to; a click shows one."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, TextTable, Tone
from kdedge_gui.numbers import (
    NOT_MEASURED,
    bytes_text,
    count_text,
    interval_text,
    percent_text,
    rate_text,
)
from kdedge_gui.pages.benchmark.live import LiveRun
from kdedge_gui.pages.benchmark.queue import QueuedStep
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.translate import tr
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.text_table_view import TextTableView


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsRow(TextRow):
    """One job."""

    number: int


class StepsCard(Card):
    """Hidden while there is only one job."""

    chosen = Signal(int)
    """The number of the job that is to be shown."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Jobs"))
        columns = (
            TextColumn(title=self.tr("Job")),
            TextColumn(title=self.tr("State")),
            TextColumn(title="pass@1", tip=self.tr("With its 95 % interval"), is_number=True),
            TextColumn(title=self.tr("Decode"), is_number=True),
            TextColumn(title=self.tr("Memory"), is_number=True),
        )
        self._table: TextTable[StepsRow] = TextTable(columns, self)
        self._view = TextTableView(self._table, themes, self)
        self._view.setAccessibleName(self.tr("Jobs of this benchmark"))
        self._view.setSortingEnabled(False)
        self._view.fit_height_to_rows()
        self._view.clicked.connect(self._on_chosen)
        self._view.activated.connect(self._on_chosen)
        self.content.addWidget(self._view)
        self.hide()

    def show_steps(self, steps: Sequence[QueuedStep], runs: Sequence[LiveRun], at: int) -> None:
        """Show all jobs; ``at`` is the one whose details are shown."""
        self._table.set_rows(steps_rows(steps, runs))
        self._view.selectRow(at)
        self.setVisible(len(steps) > 1)

    def _on_chosen(self, index: QModelIndex) -> None:
        row = self._table.row_at(index)
        if row is not None:
            self.chosen.emit(row.number)


def steps_rows(steps: Sequence[QueuedStep], runs: Sequence[LiveRun]) -> tuple[StepsRow, ...]:
    """Return a row for each job."""
    return tuple(_row(at, step, runs[at]) for at, step in enumerate(steps))


def _row(number: int, queued: QueuedStep, run: LiveRun) -> StepsRow:
    cells = (
        Cell(queued.step.title),
        _state(queued, run),
        _score(run),
        Cell(_decode_text(run)),
        Cell(_memory_text(run)),
    )
    return StepsRow(key=str(number), cells=cells, haystack="", number=number)


def _state(queued: QueuedStep, run: LiveRun) -> Cell:
    words = {
        "waiting": (tr("Waits"), Tone.MUTED),
        "running": (tr("Running"), Tone.PLAIN),
        "stopping": (tr("Stopping…"), Tone.WARNING),
        "paused": (tr("Paused"), Tone.WARNING),
        "done": (tr("Done"), Tone.GOOD),
        "failed": (tr("Failed"), Tone.BAD),
        "cancelled": (tr("Stopped"), Tone.WARNING),
    }
    text, tone = words[queued.state]
    phase = run.phase
    if queued.state == "running" and phase is not None and phase.total:
        done, total = count_text(phase.done), count_text(phase.total)
        text = tr("{words}, {phase} {done} of {all}").format(
            words=text, phase=phase.name, done=done, all=total
        )
    return Cell(text, tone=tone)


def _score(run: LiveRun) -> Cell:
    found = next((each for each in run.estimates if each.k == 1 and each.value is not None), None)
    if found is None:
        return Cell(NOT_MEASURED, tone=Tone.MUTED)
    return Cell(f"{percent_text(found.value)} ({interval_text(found.low, found.high)})")


def _decode_text(run: LiveRun) -> str:
    from statistics import median

    rates = [each.value for each in run.repetitions if each.name.startswith("raw/tg")]
    return rate_text(median(rates) if rates else None)


def _memory_text(run: LiveRun) -> str:
    sizes = [each.value for each in run.repetitions if each.name == "memory"]
    return bytes_text(sizes[-1] if sizes else None)
