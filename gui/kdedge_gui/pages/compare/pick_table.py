"""Finished runs with a box to tick each; the first ticked one is the baseline."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from kdedge_gui.models.text_table import Cell, Index, TextColumn, TextRow, TextTable, Tone
from kdedge_gui.numbers import (
    NOT_MEASURED,
    interval_text,
    percent_text,
    rate_text,
    when_text,
)
from kdedge_gui.pages.compare.choice import Choice
from kdedge_gui.qt_override import override
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QBrush

    from kdedge.core.run_summaries import RunSummary

CHOSEN, MODEL, WHEN = 0, 1, 6
"""The column of boxes, the one that takes the room that is left, the one that is missed least."""
_CHECKED = int(Qt.ItemDataRole.CheckStateRole)
_TEXT = int(Qt.ItemDataRole.DisplayRole)
_SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickRow(TextRow):
    """One finished run; its key is the run's id."""


def pick_columns() -> tuple[TextColumn, ...]:
    """Return the columns: the box, which model, what was measured, what came out."""
    return (
        TextColumn(title=tr("Compare")),
        TextColumn(title=tr("Model")),
        TextColumn(title=tr("Type"), tip=tr("The mix of the whole file")),
        TextColumn(title=tr("Measured")),
        TextColumn(title=tr("pass@1"), is_number=True),
        TextColumn(title=tr("Decode"), tip=tr("Tokens written per second"), is_number=True),
        TextColumn(title=tr("When")),
    )


def pick_rows(summaries: "Sequence[RunSummary]") -> tuple[PickRow, ...]:
    """Return a row for each of these finished runs."""
    return tuple(_row(run) for run in summaries)


def _row(run: "RunSummary") -> PickRow:
    measured = _measured(run)
    cells = (
        Cell(""),
        Cell(run.model_name, run.model_name.casefold(), tip=f"{run.model_name}\n{run.model_path}"),
        Cell(run.file_type, run.file_type),
        Cell(measured, measured, tip=run.run_id),
        _pass_at_1(run),
        _decode(run),
        Cell(when_text(run.created_at), run.created_at, tip=run.run_id),
    )
    searched = (run.run_id, run.model_name, run.file_type, measured, run.model_path)
    return PickRow(key=run.run_id, cells=cells, haystack=" ".join(searched).casefold())


def _measured(run: "RunSummary") -> str:
    if run.verb != "profile":
        return run.suite or tr("problems")
    speed = tr("speed")
    return f"{speed}, {run.suite}" if run.suite else speed


def _pass_at_1(run: "RunSummary") -> Cell:
    if run.pass_at_1 is None:
        return Cell(NOT_MEASURED, tone=Tone.MUTED)
    tip = ""
    if run.pass_at_1_ci95 is not None:
        tip = tr("95 % interval: {ends}").format(ends=interval_text(*run.pass_at_1_ci95))
    return Cell(percent_text(run.pass_at_1), run.pass_at_1, tip=tip)


def _decode(run: "RunSummary") -> Cell:
    text = rate_text(run.decode_tokens_per_s)
    if run.decode_tokens_per_s is None:
        return Cell(text, tone=Tone.MUTED)
    if run.noise_verdict in {"suspect", "unusable"}:
        tip = tr("Other work on the machine disturbed the measurement")
        return Cell(text, run.decode_tokens_per_s, tip=tip, tone=Tone.WARNING)
    return Cell(text, run.decode_tokens_per_s)


class PickTable(TextTable[PickRow]):
    """The runs, and which of them are chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(pick_columns(), parent)
        self._choice = Choice()

    @property
    def choice(self) -> Choice:
        """The runs with a tick."""
        return self._choice

    def set_choice(self, choice: Choice) -> None:
        """Tick the runs of ``choice`` and no others."""
        self._choice = choice
        last = self.rowCount() - 1
        if last >= 0:
            self.dataChanged.emit(self.index(0, CHOSEN), self.index(last, CHOSEN))

    def label_of(self, run_id: str) -> str:
        """Return the model and what was measured of a run, for a sentence; empty if unknown."""
        row = self.row_at(self.index_of(run_id))
        return "" if row is None else f"{row.cells[MODEL].text} {row.cells[2].text}".strip()

    @override
    def data(self, index: Index, role: int = _TEXT) -> "str | int | QBrush | None":
        row = self.row_at(index) if index.isValid() and index.column() == CHOSEN else None
        if row is None:
            return super().data(index, role)
        if role == _CHECKED:
            is_chosen = row.key in self._choice.run_ids
            state = Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked
            return int(state.value)
        if role == _TEXT:
            return tr("baseline") if row.key == self._choice.baseline else ""
        if role == _SPOKEN:
            return self._place_text(row.key)
        return super().data(index, role)

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        found = super().flags(index)
        if index.isValid() and index.column() == CHOSEN:
            found |= Qt.ItemFlag.ItemIsUserCheckable
        return found

    def _place_text(self, run_id: str) -> str:
        if run_id == self._choice.baseline:
            return tr("baseline")
        return tr("compared") if run_id in self._choice.run_ids else tr("not compared")
