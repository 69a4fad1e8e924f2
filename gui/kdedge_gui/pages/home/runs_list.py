"""The last runs; a click or Enter opens one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from kdedge_gui.models.runs_table import RunsColumn, RunsRow, runs_columns, runs_rows
from kdedge_gui.models.text_table import TextTable
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.text_table_view import TextTableView

if TYPE_CHECKING:
    from kdedge.core.run_summaries import RunSummary


class RunsList(QWidget):
    """Shows run summaries, newest first."""

    opened = Signal(object)
    """A ``RunSummary``."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(self.tr("Last runs"), self)
        mark(title, "role", "subtitle")
        self._nothing = QLabel(self)
        self._nothing.setWordWrap(True)
        mark(self._nothing, "role", "caption")
        self.table: TextTable[RunsRow] = TextTable(runs_columns(), self)
        self.view = TextTableView(self.table, themes, self)
        self.view.setAccessibleName(self.tr("Last runs"))
        self.view.setSortingEnabled(False)
        self.view.fit_height_to_rows()
        self.view.leave_away((RunsColumn.MEMORY, RunsColumn.FILE_TYPE))
        self.view.clicked.connect(self._open)
        self.view.activated.connect(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self._nothing)
        column.addWidget(self.view)
        self.show_busy()

    def show_busy(self) -> None:
        """Say that the store is being read."""
        self._say(self.tr("Reading the store…"))

    def show_runs(self, summaries: Sequence["RunSummary"]) -> None:
        """Show ``summaries``; none is said in words."""
        self.table.set_rows(runs_rows(summaries))
        if summaries:
            self._nothing.hide()
            self.view.show()
        else:
            self._say(self.tr("No runs yet: a check or a benchmark makes the first one."))

    def show_problem(self, text: str) -> None:
        """Say why there are no runs to see."""
        self._say(text)

    def _say(self, text: str) -> None:
        self._nothing.setText(text)
        self._nothing.show()
        self.view.hide()

    def _open(self, index: QModelIndex) -> None:
        row = self.table.row_at(index)
        if row is not None:
            self.opened.emit(row.summary)
