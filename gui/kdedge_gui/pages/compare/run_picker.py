"""Choose two to six runs: a filter, a list with boxes, and what is chosen in words."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.pages.compare.choice import MOST, Choice
from kdedge_gui.pages.compare.pick_table import CHOSEN, MODEL, WHEN, PickRow, PickTable, pick_rows
from kdedge_gui.pages.compare.tick_box import TickBox
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.text_table_view import TextTableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kdedge.core.run_summaries import RunSummary

_LEAST_MODEL_LETTERS = 14
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class RunPicker(QWidget):
    """The list of finished runs; Space ticks one, B makes it the baseline, Enter compares."""

    choice_changed = Signal(object)
    """A ``Choice``."""
    compare_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = PickTable(self)
        self._filter = QLineEdit(self)
        self._filter.setClearButtonEnabled(True)
        self._filter.setPlaceholderText(self.tr("Filter by model, quantisation, suite or run id"))
        self._filter.setAccessibleName(self.tr("Filter the runs"))
        self._filter.textChanged.connect(self.table.set_filter)
        self._view = _PickView(self.table, themes, self)
        self._view.setAccessibleName(self.tr("Finished runs"))
        self._view.toggle_wanted.connect(self._toggle)
        self._view.baseline_wanted.connect(self._make_baseline)
        self._view.compare_wanted.connect(self._compare)
        self._view.selectionModel().currentRowChanged.connect(self._tell)
        self._told = QLabel(self)
        self._told.setWordWrap(True)
        self._as_baseline = QPushButton(self.tr("Make &baseline"), self)
        self._as_baseline.setToolTip(self.tr("The other runs are compared with this one (B)"))
        self._as_baseline.clicked.connect(self._make_baseline)
        self._clear = QPushButton(self.tr("Clea&r"), self)
        self._clear.setAccessibleName(self.tr("Choose no run"))
        self._clear.clicked.connect(lambda: self.set_choice(Choice()))
        self._go = QPushButton(self.tr("C&ompare"), self)
        mark(self._go, "kind", "primary")
        self._go.clicked.connect(self._compare)
        self._lay_out()
        self._tell()

    @property
    def choice(self) -> Choice:
        """The runs with a tick, the baseline first."""
        return self.table.choice

    def set_runs(self, summaries: "Sequence[RunSummary]") -> None:
        """Show ``summaries``, the newest first; runs that are gone are not chosen any more."""
        self.table.set_rows(pick_rows(summaries))
        self._view.fit_columns()
        self.set_choice(self.choice.kept({run.run_id for run in summaries}))

    def set_choice(self, choice: Choice) -> None:
        """Tick the runs of ``choice``."""
        if choice != self.choice:
            self.table.set_choice(choice)
            self.choice_changed.emit(choice)
        self._tell()

    @property
    def told(self) -> str:
        """What is said below the list."""
        return self._told.text()

    def filter(self, text: str) -> None:
        """Show only the runs that hold each word of ``text``."""
        self._filter.setText(text)

    def focus_list(self) -> None:
        """Let the keyboard act on the list."""
        if not self._view.currentIndex().isValid():
            self._view.setCurrentIndex(self.table.index(0, CHOSEN))
        self._view.setFocus()

    def _current(self) -> PickRow | None:
        return self.table.row_at(self._view.currentIndex())

    def _toggle(self) -> None:
        row = self._current()
        if row is None:
            return
        changed = self.choice.toggled(row.key)
        if changed == self.choice:
            self._told.setText(
                self.tr("{most} runs are the most: untick one first.").format(most=MOST)
            )
            return
        self.set_choice(changed)

    def _make_baseline(self) -> None:
        row = self._current()
        if row is not None and (row.key in self.choice.run_ids or not self.choice.is_full):
            self.set_choice(self.choice.based_on(row.key))

    def _compare(self) -> None:
        if self.choice.is_enough:
            self.compare_wanted.emit()

    def _tell(self) -> None:
        choice, row = self.choice, self._current()
        self._told.setText(self._choice_text())
        self._go.setEnabled(choice.is_enough)
        self._clear.setEnabled(bool(choice.run_ids))
        self._as_baseline.setEnabled(
            row is not None
            and row.key != choice.baseline
            and (row.key in choice.run_ids or not choice.is_full)
        )

    def _choice_text(self) -> str:
        count = len(self.choice.run_ids)
        if count == 0:
            return self.tr("Tick two to six runs. The first is what the others are compared with.")
        if count == 1:
            return self.tr("One run is ticked. Tick at least one more.")
        base = self.table.label_of(self.choice.baseline)
        if not base:  # hidden by the filter
            return self.tr("{count} runs are ticked.").format(count=count)
        return self.tr("{count} runs are ticked; the baseline is {model}.").format(
            count=count, model=base
        )

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._told, 1)
        for button in (self._clear, self._as_baseline, self._go):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._filter)
        column.addWidget(self._view, 1)
        column.addLayout(foot)


class _PickView(TextTableView):
    """A click anywhere in a row ticks it, and so does Space."""

    toggle_wanted = Signal()
    baseline_wanted = Signal()
    compare_wanted = Signal()

    def __init__(
        self, table: PickTable, themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        self._box: TickBox | None = None
        super().__init__(table, themes, parent)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._box = TickBox(themes, self)
        self.setItemDelegateForColumn(CHOSEN, self._box)
        self.clicked.connect(self._on_click)
        for changed in (table.modelReset, table.dataChanged):  # after the base has its say
            changed.connect(self._share_room)
        self.fit_columns()

    @override
    def fit_columns(self) -> None:
        super().fit_columns()
        self._share_room()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in {
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        }
        if plain and event.key() == Qt.Key.Key_Space:
            self.toggle_wanted.emit()
        elif plain and event.key() == Qt.Key.Key_B:
            self.baseline_wanted.emit()
        elif plain and event.key() in _ENTER:
            self.compare_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _share_room(self) -> None:
        """Let the models' names have what the other columns leave; without room, no dates."""
        boxes = self._box_width()
        self.setColumnWidth(CHOSEN, boxes)
        columns = range(self.model().columnCount())
        others = sum(self.wanted_width(each) for each in columns if each not in {CHOSEN, MODEL})
        least = self.fontMetrics().averageCharWidth() * _LEAST_MODEL_LETTERS
        room = self.viewport().width() - boxes
        is_narrow = others + least > room
        self.setColumnHidden(WHEN, is_narrow)
        others -= self.wanted_width(WHEN) if is_narrow else 0
        self.setColumnWidth(MODEL, min(self.wanted_width(MODEL), max(least, room - others)))

    def _box_width(self) -> int:
        if self._box is None:  # the base fits columns while it is made
            return self.wanted_width(CHOSEN)
        widest = self._box.width_of(self.tr("baseline"), self.fontMetrics())
        return max(widest, self.horizontalHeader().sectionSizeHint(CHOSEN))

    def _on_click(self, index: QModelIndex) -> None:
        if index.isValid():
            self.toggle_wanted.emit()
