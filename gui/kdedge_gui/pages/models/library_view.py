"""The list of models: the table, or what stands in its place while there is nothing to list."""

from collections.abc import Callable, Sequence
from enum import IntEnum

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from kdedge_gui.models.library_table import Column, LibraryRow, library_columns
from kdedge_gui.models.text_table import TextTable
from kdedge_gui.numbers import count_text
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.empty_state import EmptyState
from kdedge_gui.widgets.text_table_view import TextTableView

_LEAST_MISSED = (Column.ARCHITECTURE, Column.CONTEXT, Column.PARAMETERS, Column.SIZE)

_LEAST_ROWS = 3
_LEAST_WIDTH = 160


class _Face(IntEnum):
    TABLE = 0
    EMPTY = 1


class LibraryView(QWidget):
    """Shows rows; the chosen one stays chosen while rows come and go."""

    chosen = Signal(object)
    """A ``LibraryRow``, or ``None``."""

    def __init__(
        self,
        themes: ThemeManager,
        actions: Sequence[tuple[str, Callable[[], None]]],
        parent: QWidget | None = None,
    ) -> None:
        """Make an empty list.

        Args:
            themes: The look.
            actions: What helps while there is no model.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self.table: TextTable[LibraryRow] = TextTable(library_columns(), self)
        self.view = TextTableView(self.table, themes, self)
        self.view.setAccessibleName(self.tr("Models"))
        self.view.setSortingEnabled(True)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.view.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
        self._key = ""
        self._is_scanning = False
        nothing = self.tr("No models yet")
        self._empty = EmptyState("models", nothing, nothing, actions, themes, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        self._count = QLabel(self)
        mark(self._count, "role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._stack, 1)
        column.addWidget(self._count)
        self.view.selectionModel().currentRowChanged.connect(self._on_current)
        self.table.modelReset.connect(self._choose_again)
        self.view.leave_away(_LEAST_MISSED)
        themes.changed.connect(self._restyle)
        self._restyle()
        self._show_face()

    @property
    def is_empty(self) -> bool:
        """Whether something stands in place of the table."""
        return self._stack.currentIndex() == _Face.EMPTY

    def set_actions(self, actions: Sequence[QAction]) -> None:
        """Offer ``actions`` in the table's menu and by their keys."""
        for action in actions:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.view.addAction(action)

    def show_rows(self, rows: Sequence[LibraryRow], *, is_scanning: bool) -> None:
        """Show ``rows``, and whether more may come."""
        self._is_scanning = is_scanning
        self.table.set_rows(rows)
        self._show_face()

    def set_filter(self, text: str) -> None:
        """Show only rows with each word of ``text``."""
        self.table.set_filter(text)
        self._show_face()

    def choose(self, key: str) -> bool:
        """Choose the row with ``key``; return whether there is one."""
        self._key = key
        index = self.table.index_of(key)
        if not index.isValid():
            return False
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index)
        return True

    def current_row(self) -> LibraryRow | None:
        """Return the chosen row."""
        index = self.view.currentIndex()
        return self.table.row_at(index) if index.isValid() else None

    def _restyle(self) -> None:
        # Of the table; the other face is only shown where it has all the room.
        head = self.view.horizontalHeader().sizeHint().height()
        rows = _LEAST_ROWS * self.view.verticalHeader().defaultSectionSize()
        self._stack.setMinimumSize(_LEAST_WIDTH, head + rows + 2 * self.view.frameWidth())

    def _choose_again(self) -> None:
        if not self.choose(self._key) and self.table.rowCount():
            self.view.setCurrentIndex(self.table.index(0, 0))
        elif not self.table.rowCount():
            self.chosen.emit(None)

    def _on_current(self, index: QModelIndex) -> None:
        row = self.table.row_at(index) if index.isValid() else None
        if row is not None:
            self._key = row.key
        self.chosen.emit(row)

    def _show_face(self) -> None:
        n_shown, n_all = self.table.rowCount(), self.table.n_rows_before_filter
        self._stack.setCurrentIndex(_Face.TABLE if n_shown else _Face.EMPTY)
        for button in self._empty.buttons:
            button.setVisible(not n_all and not self._is_scanning)
        if n_all:
            self._empty.set_text(
                self.tr("No model matches"),
                self.tr("Names, architectures, types and places are looked into."),
            )
        elif self._is_scanning:
            self._empty.set_text(
                self.tr("Looking for models…"),
                self.tr("In your folders, Hugging Face's cache, LM Studio and Ollama."),
            )
        else:
            self._empty.set_text(
                self.tr("No models yet"),
                self.tr(
                    "Add a GGUF file or a folder of them; files stay where they are. Models of"
                    " Hugging Face's cache, LM Studio and Ollama are found without adding."
                ),
            )
        self._count.setText(self._counted(n_shown, n_all))
        self._count.setVisible(bool(n_all))

    def _counted(self, n_shown: int, n_all: int) -> str:
        if n_shown != n_all:
            words = self.tr("{n} of {all} models")
        else:
            words = self.tr("{n} model") if n_all == 1 else self.tr("{n} models")
        many = words.format(n=count_text(n_shown), all=count_text(n_all))
        return many + self.tr(", reading headers…") if self._is_scanning else many
