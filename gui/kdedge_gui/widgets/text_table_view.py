"""A table view for ``TextTable``: whole rows, no grid, one row height, columns that fit."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView, QWidget

from kdedge_gui.models.text_table import Row, TextTable, Tone
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

_SAMPLED_ROWS = 60
"""So many rows decide how wide a column is: with thousands, looking at all would take a while."""
_PADDING = 28
_ROW_PADDING = 12
_WIDEST_LETTERS = 46


class TextTableView(QTableView):
    """Shows a ``TextTable``."""

    def __init__(
        self, table: TextTable[Row], themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._table = table
        self._fits_rows = False
        self._least_missed: tuple[int, ...] = ()
        self._widths = [0] * table.columnCount()
        self.setModel(table)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        table.modelReset.connect(self._widen_columns)
        table.dataChanged.connect(self._widen_columns)
        themes.changed.connect(self._restyle)
        self._restyle()

    def fit_height_to_rows(self) -> None:
        """Be as high as the rows are; for tables of a few rows in a page that scrolls."""
        self._fits_rows = True
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit_height()

    def leave_away(self, columns: Sequence[int]) -> None:
        """Hide these columns, the first one first, while there is no room for all."""
        self._least_missed = tuple(columns)
        self._hide_least_missed()

    def wanted_width(self, column: int) -> int:
        """Return the width that shows the column's texts."""
        return self._widths[column]

    def fit_columns(self) -> None:
        """Give each column the room its first rows need."""
        self._widths = self._wanted_widths()
        self._use_widths()

    def _widen_columns(self) -> None:
        """Give columns more room where it is needed; none jumps back while one filters."""
        pairs = zip(self._widths, self._wanted_widths(), strict=True)
        widths = [max(before, now) for before, now in pairs]
        if widths != self._widths:
            self._widths = widths
            self._use_widths()
        self._fit_height()

    def _use_widths(self) -> None:
        for column, width in enumerate(self._widths):
            self.setColumnWidth(column, width)
        self._fit_height()
        self._hide_least_missed()

    def _hide_least_missed(self) -> None:
        needed = sum(self._widths)
        for column in self._least_missed:
            is_hidden = needed > self.viewport().width()
            needed -= self._widths[column] if is_hidden else 0
            self.setColumnHidden(column, is_hidden)

    def _wanted_widths(self) -> list[int]:
        metrics = self.fontMetrics()
        widest = metrics.averageCharWidth() * _WIDEST_LETTERS
        head = self.horizontalHeader()
        n_rows = min(self._table.rowCount(), _SAMPLED_ROWS)
        widths = []
        for column in range(self._table.columnCount()):
            texts = (
                str(self._table.data(self._table.index(row, column)) or "")
                for row in range(n_rows)
            )
            needed = max((metrics.horizontalAdvance(text) for text in texts), default=0)
            widths.append(max(min(needed + _PADDING, widest), head.sectionSizeHint(column)))
        return widths

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._hide_least_missed()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit_rows()

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROW_PADDING)
        self.fit_columns()

    def _fit_height(self) -> None:
        if not self._fits_rows:
            return
        row = self.verticalHeader().defaultSectionSize()
        head = self.horizontalHeader().sizeHint().height()
        frame = 2 * self.frameWidth()
        self.setFixedHeight(head + row * max(1, self._table.rowCount()) + frame + 2)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._table.set_tones(
            {
                Tone.MUTED: theme.muted,
                Tone.GOOD: theme.good,
                Tone.WARNING: theme.warning,
                Tone.BAD: theme.bad,
            }
        )
        self._fit_rows()
