"""A table of texts that were made beforehand: filtering and sorting never ask for a text.

``data()`` only looks things up, so that a view of many thousand rows scrolls smoothly. Rows are
made elsewhere, best in the background.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QBrush, QColor

from kdedge_gui.qt_override import override

Index = QModelIndex | QPersistentModelIndex
Order = float | str | None
_NO_INDEX = QModelIndex()
_TEXT = int(Qt.ItemDataRole.DisplayRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_FIRST_ORDER = int(Qt.ItemDataRole.InitialSortOrderRole)
_DESCENDING = Qt.SortOrder.DescendingOrder.value
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Tone(Enum):
    """How a cell is coloured; its words say the same."""

    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is shown, and what it is sorted by."""

    text: str
    order: Order = None
    """Of one kind within a column; ``None`` comes last, whichever way is sorted."""
    tip: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumn:
    """One column."""

    title: str
    tip: str = ""
    is_number: bool = False
    """Set on the right, and sorted from the largest at the first click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """One row; more fields are added by the tables that need them."""

    key: str
    """Different for every row; a selection is found again by it."""
    cells: tuple[Cell, ...]
    haystack: str
    """What a filter looks into, in lower case."""


Row = TypeVar("Row", bound=TextRow)


class TextTable(QAbstractTableModel, Generic[Row]):
    """Rows of texts for a view, filtered and sorted here rather than in a proxy."""

    def __init__(self, columns: Sequence[TextColumn], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._all: tuple[Row, ...] = ()
        self._shown: list[Row] = []
        self._words: tuple[str, ...] = ()
        self._sorted_by: tuple[int, bool] | None = None
        self._brushes: dict[Tone, QBrush] = {}

    @property
    def n_rows_before_filter(self) -> int:
        """Return how many rows there are, shown or not."""
        return len(self._all)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show ``rows``; when only their texts are new, a selection stays."""
        before = [row.key for row in self._shown]
        after = self._arranged(rows)
        if before == [row.key for row in after]:
            self._all, self._shown = tuple(rows), after
            self._say_all_changed()
            return
        self.beginResetModel()
        self._all, self._shown = tuple(rows), after
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Show only rows that hold each word of ``text``."""
        words = tuple(text.casefold().split())
        if words == self._words:
            return
        self.beginResetModel()
        self._words = words
        self._shown = self._arranged(self._all)
        self.endResetModel()

    def set_tones(self, colours: dict[Tone, str]) -> None:
        """Use these colours, as hexadecimal texts; a tone that is not named stays uncoloured."""
        self._brushes = {tone: QBrush(QColor(colour)) for tone, colour in colours.items()}
        self._say_all_changed()

    def row_at(self, index: Index) -> Row | None:
        """Return the row that ``index`` points to."""
        return self._shown[index.row()] if 0 <= index.row() < len(self._shown) else None

    def index_of(self, key: str) -> QModelIndex:
        """Return where the row with ``key`` is shown; an invalid index when it is not."""
        for number, row in enumerate(self._shown):
            if row.key == key:
                return self.index(number, 0)
        return QModelIndex()

    @override
    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._shown)

    @override
    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._columns)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _TEXT
    ) -> str | int | None:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == _TEXT:
            return column.title
        if role == _TIP:
            return column.tip or None
        if role == _ALIGNMENT:
            return _RIGHT if column.is_number else _LEFT
        if role == _FIRST_ORDER and column.is_number:
            return _DESCENDING
        return None

    @override
    def data(self, index: Index, role: int = _TEXT) -> str | int | QBrush | None:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        cell = self._shown[index.row()].cells[index.column()]
        if role == _TEXT:
            return cell.text
        if role == _ALIGNMENT:
            return _RIGHT if column.is_number else _LEFT
        if role == _FOREGROUND:
            return self._brushes.get(cell.tone)
        return _words_of(cell, column, role)

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        chosen = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        if chosen == self._sorted_by:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        keys = [self._shown[index.row()].key for index in held]
        self._sorted_by = chosen
        self._shown = self._arranged(self._all)
        places = {row.key: number for number, row in enumerate(self._shown)}
        moved = [
            self.index(places[key], index.column()) for key, index in zip(keys, held, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _arranged(self, rows: Sequence[Row]) -> list[Row]:
        words = self._words
        kept = [row for row in rows if all(word in row.haystack for word in words)]
        if self._sorted_by is None:
            return kept
        column, descending = self._sorted_by
        known = [row for row in kept if row.cells[column].order is not None]
        unknown = [row for row in kept if row.cells[column].order is None]
        known.sort(key=lambda row: row.cells[column].order, reverse=descending)  # type: ignore[arg-type,return-value]
        return known + unknown

    def _say_all_changed(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, len(self._columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def _words_of(cell: Cell, column: TextColumn, role: int) -> str | None:
    if role == _TIP:
        return cell.tip or None
    return f"{column.title}: {cell.text}" if role == _SPOKEN else None
