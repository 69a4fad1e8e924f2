"""Runs that wait to be gone on with, and all earlier ones to open."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from kdedge_gui.models.runs_table import RunsRow, runs_columns, runs_rows
from kdedge_gui.models.text_table import TextTable
from kdedge_gui.numbers import count_text, when_text
from kdedge_gui.pages.benchmark.opened import model_label
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.translate import tr
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.text_table_view import TextTableView

if TYPE_CHECKING:
    from kdedge.core.run_summaries import RunSummary

_MOST_OFFERED = 3
_MOST_SHOWN = 12


def unfinished(
    summaries: Sequence["RunSummary"], *, busy: frozenset[str] = frozenset()
) -> list["RunSummary"]:
    """Return the runs that can be gone on with, newest first.

    Args:
        summaries: Newest first.
        busy: Ids of runs that this window works on.
    """
    return [
        run
        for run in summaries
        if run.status in {"interrupted", "failed"}
        and run.verb in {"evaluate", "profile"}
        and run.run_id not in busy
    ]


class UnfinishedCard(Card):
    """Offers the newest runs that were stopped; hidden while there are none."""

    resume_wanted = Signal(str)
    open_wanted = Signal(str)

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Not finished"))
        self._rows: list[QWidget] = []
        self.hide()

    def show_runs(self, runs: Sequence["RunSummary"]) -> None:
        """Offer the first of ``runs``, which are newest first."""
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows = [self._row(run) for run in runs[:_MOST_OFFERED]]
        for row in self._rows:
            self.content.addWidget(row)
        self.setVisible(bool(self._rows))

    def _row(self, run: "RunSummary") -> QWidget:
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        what = run_words(run)
        text = QLabel(f"{what}\n{_how_far(run)}", row)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        go_on = QPushButton(self.tr("Go on"), row)
        go_on.setAccessibleName(self.tr("Go on with {run}").format(run=what))
        go_on.clicked.connect(lambda: self.resume_wanted.emit(run.run_id))
        look = QPushButton(self.tr("Open"), row)
        mark(look, "kind", "quiet")
        look.setAccessibleName(self.tr("Open {run}").format(run=what))
        look.clicked.connect(lambda: self.open_wanted.emit(run.run_id))
        line.addWidget(text, 1)
        line.addWidget(look)
        line.addWidget(go_on)
        return row


class EarlierRunsCard(Card):
    """The newest runs; a click or Enter opens one."""

    open_wanted = Signal(str)

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Earlier runs"))
        self._table: TextTable[RunsRow] = TextTable(runs_columns(), self)
        self._view = TextTableView(self._table, themes, self)
        self._view.setAccessibleName(self.tr("Earlier runs"))
        self._view.fit_height_to_rows()
        self._view.clicked.connect(self._open)
        self._view.activated.connect(self._open)
        self.content.addWidget(self._view)
        self.hide()

    def show_runs(self, runs: Sequence["RunSummary"]) -> None:
        """Show the first of ``runs``, which are newest first."""
        self._table.set_rows(runs_rows(runs[:_MOST_SHOWN]))
        self._view.fit_columns()
        self.setVisible(bool(runs))

    def _open(self, index: QModelIndex) -> None:
        row = self._table.row_at(index)
        if row is not None:
            self.open_wanted.emit(row.summary.run_id)


def run_words(run: "RunSummary") -> str:
    """Return what a run measures."""
    label = model_label({"model": {"path": run.model_path, "name": run.model_name}})
    if run.verb == "profile":
        return tr("Speed and memory of {model}").format(model=label)
    return tr("{model} on {suite}").format(model=label, suite=run.suite or "")


def _how_far(run: "RunSummary") -> str:
    when = when_text(run.updated_at)
    if run.n_completions_done is None or not run.n_wanted:
        return when
    return tr("{done} of {all} completions, {when}").format(
        done=count_text(run.n_completions_done), all=count_text(run.n_wanted), when=when
    )
