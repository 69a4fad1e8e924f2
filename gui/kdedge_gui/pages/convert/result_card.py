"""Step 3: progress while jobs run; then proof, sizes and divergence."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.jobs.job import PhaseProgress
from kdedge_gui.models.text_table import TextColumn, TextRow, TextTable
from kdedge_gui.numbers import count_text
from kdedge_gui.pages.convert.outcomes import (
    Made,
    ProofWords,
    result_columns,
    result_rows,
)
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.elided_label import ElidedLabel
from kdedge_gui.widgets.flow_layout import FlowLayout
from kdedge_gui.widgets.meter import Meter
from kdedge_gui.widgets.pill import Pill
from kdedge_gui.widgets.text_table_view import TextTableView

_BITS = 2


class ResultCard(Card):
    """Hidden until something runs."""

    stop_wanted = Signal()
    benchmark_wanted = Signal()
    report_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("3  Result"))
        self._make_progress()
        self._make_proof()
        self.table: TextTable[TextRow]
        self.view = self._make_table(result_columns(()))
        self.benchmark_button = QPushButton(self.tr("&Benchmark these"), self)
        self.benchmark_button.clicked.connect(self.benchmark_wanted)
        self.report_button = QPushButton(self.tr("&Report of the choice"), self)
        self.report_button.clicked.connect(self.report_wanted)
        self._buttons = QWidget(self)
        row = FlowLayout(self._buttons)
        row.addWidget(self.benchmark_button)
        row.addWidget(self.report_button)
        self.content.addWidget(self._running)
        self.content.addLayout(self._proof_row)
        self.content.addWidget(self.view)
        self.content.addWidget(self._buttons)
        self.clear()
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def progress_text(self) -> str:
        """What is said while a job runs."""
        return f"{self._title.text()} {self._meter.text} {self._detail.text()}"

    @property
    def proof_text(self) -> str:
        """What is said of the proof."""
        return f"{self._pill.text}: {self._proof.text()}"

    def clear(self) -> None:
        """Forget what was there before."""
        self._running.hide()
        self._pill.hide()
        self._proof.hide()
        self.view.hide()
        self._buttons.hide()

    def show_step(self, at: int, total: int, *, title: str) -> None:
        """Show which job runs."""
        number = self.tr("{at} of {total}: {title}")
        shown = title if total == 1 else number.format(at=at + 1, total=total, title=title)
        self._title.setText(shown)
        self._meter.set(None, "")
        self._meter.setAccessibleName(shown)
        self._detail.show_text("")
        self.stop_button.setEnabled(True)
        self._running.show()

    def show_progress(self, progress: PhaseProgress) -> None:
        """Show how far it is."""
        words = progress.phase
        if progress.total:
            words = self.tr("{phase}: {done} of {total} {unit}").format(
                phase=progress.phase,
                done=count_text(progress.done),
                total=count_text(progress.total),
                unit=progress.unit,
            )
        self._meter.set(progress.fraction, "")
        self._meter.setAccessibleDescription(words)
        shown = f"{words}   {progress.detail}" if progress.detail else words
        self._detail.show_text(shown)

    def show_stopping(self) -> None:
        """Say that it is being stopped."""
        self.stop_button.setEnabled(False)
        self._detail.show_text(self.tr("Stopping; nothing half written is left."))

    def show_ended(self) -> None:
        """Nothing runs any more."""
        self._running.hide()

    def show_proof(self, proof: ProofWords) -> None:
        """Show how the proof came out."""
        self._pill.set(proof.verdict, proof.kind)
        self._proof.setText(proof.text)
        self._pill.show()
        self._proof.show()

    def show_made(self, made: Sequence[Made], *, has_choice: bool) -> None:
        """Show what was made, and what can be done with it."""
        columns = result_columns(made)
        if columns != self._columns:
            before, self.view = self.view, self._make_table(columns)
            self.content.replaceWidget(before, self.view)
            before.hide()
            before.deleteLater()
        self.table.set_rows(result_rows(made))
        self.view.setColumnHidden(_BITS, False)
        self.view.fit_columns()
        self.view.setVisible(bool(made))
        has_files = any(each.path is not None for each in made)
        self.benchmark_button.setVisible(has_files)
        self.report_button.setVisible(has_choice)
        self._buttons.setVisible(has_files or has_choice)

    def _make_table(self, columns: tuple[TextColumn, ...]) -> TextTableView:
        """Make a table of these columns, in the place of the one before."""
        self._columns = columns
        self.table = TextTable(columns, self)
        view = TextTableView(self.table, self._themes, self)
        view.setAccessibleName(self.tr("What was made: size against divergence"))
        view.setSortingEnabled(True)
        view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        view.fit_height_to_rows()
        view.leave_away((_BITS,))
        view.horizontalScrollBar().rangeChanged.connect(self._make_room)
        return view

    def _make_room(self) -> None:
        """Keep the scroll bar of a table that is too wide below its last row."""
        view = self.view
        head, row = view.horizontalHeader().height(), view.verticalHeader().defaultSectionSize()
        bar = view.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > 0 else 0
        rows = row * max(1, self.table.rowCount())
        view.setFixedHeight(head + rows + 2 * view.frameWidth() + 2 + below)

    def _make_progress(self) -> None:
        self._running = QWidget(self)
        self._title = QLabel(self._running)
        self._title.setWordWrap(True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._meter = Meter(self._themes, self._running)
        self._detail = ElidedLabel(self._running)
        mark(self._detail, "role", "caption")
        self.stop_button = QPushButton(self.tr("S&top"), self._running)
        self.stop_button.clicked.connect(self.stop_wanted)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self.stop_button)
        column = QVBoxLayout(self._running)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._meter)
        column.addWidget(self._detail)

    def _make_proof(self) -> None:
        self._pill = Pill(self._themes, self)
        self._proof = QLabel(self)
        self._proof.setWordWrap(True)
        self._proof.setTextFormat(Qt.TextFormat.PlainText)
        self._proof_row = QHBoxLayout()
        self._proof_row.setSpacing(12)
        self._proof_row.addWidget(self._pill, 0, Qt.AlignmentFlag.AlignTop)
        self._proof_row.addWidget(self._proof, 1)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self.stop_button.setIcon(icon("stop", theme))
        self.benchmark_button.setIcon(icon("benchmark", theme))
        self.report_button.setIcon(icon("export", theme))
