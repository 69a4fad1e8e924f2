"""The types a master can become, each with its real size, to be ticked."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QTreeWidget, QTreeWidgetItem

from kdedge_gui import theme as theme_package
from kdedge_gui.numbers import bytes_text, count_text, number_text
from kdedge_gui.pages.convert.outcomes import TypeRow
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

_ROWS = 9
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_DRAWINGS = Path(theme_package.__file__).parent / "drawings"
_USUAL = ("Q8_0", "Q4_K_M", "Q4_0")


class TypeList(QTreeWidget):
    """Ticks stay where they are while the plan is made anew."""

    changed = Signal()

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._rows: tuple[TypeRow, ...] = ()
        self._shows_all = self._has_imatrix = False
        self._ticked: set[str] = set()
        titles = (
            self.tr("Type"),
            self.tr("Size"),
            self.tr("Bits a weight"),
            self.tr("Fallbacks"),
            "",
        )
        self.setHeaderLabels(titles)
        self.setAccessibleName(self.tr("Types to make"))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.headerItem().setTextAlignment(1, _RIGHT)
        self.headerItem().setTextAlignment(2, _RIGHT)
        self.headerItem().setTextAlignment(3, _RIGHT)
        self.headerItem().setToolTip(
            3, self.tr("Tensors that get another type because their rows do not fit this one")
        )
        self.header().setStretchLastSection(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.itemChanged.connect(self._on_item)
        self._themes = themes
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def ticked(self) -> tuple[str, ...]:
        """The types that are chosen and can be made, the most exact first."""
        return tuple(
            row.file_type
            for row in self._shown()
            if row.file_type in self._ticked and self._can_be_made(row)
        )

    def show_rows(self, rows: Sequence[TypeRow]) -> None:
        """Show what each type makes of a master; the first time, usual ones are ticked."""
        is_first = not self._rows
        self._rows = tuple(rows)
        if is_first:
            self._ticked = {row.file_type for row in rows if row.file_type in _USUAL}
        self._fill()

    def set_has_imatrix(self, has: bool) -> None:
        """Allow the types that need activation statistics, or not."""
        self._has_imatrix = has
        self._fill()

    def set_shows_all(self, shows: bool) -> None:
        """Show names that buy nothing as well."""
        self._shows_all = shows
        self._fill()

    def set_ticked(self, types: Iterable[str]) -> None:
        """Tick these types and no others."""
        self._ticked = set(types)
        self._fill()

    def clear_rows(self) -> None:
        """Forget the master."""
        self._rows = ()
        self._fill()

    def _shown(self) -> list[TypeRow]:
        return [row for row in self._rows if self._shows_all or not row.hidden]

    def _can_be_made(self, row: TypeRow) -> bool:
        return self._has_imatrix or not row.needs_imatrix

    def _fill(self) -> None:
        with QSignalBlocker(self):
            self.clear()
            self.addTopLevelItems([self._item(row) for row in self._shown()])
        self._fit()
        self.changed.emit()

    def _item(self, row: TypeRow) -> QTreeWidgetItem:
        can_be_made = self._can_be_made(row)
        needs = self.tr("needs an imatrix") if not can_be_made else ""
        texts = (
            row.file_type,
            bytes_text(row.file_bytes),
            number_text(row.bits_per_weight, decimals=2),
            count_text(row.n_fallback) if row.n_fallback else "0",
            "; ".join(each for each in (needs, row.hidden) if each),
        )
        item = QTreeWidgetItem(list(texts))
        for column in (1, 2, 3):
            item.setTextAlignment(column, _RIGHT)
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
        item.setFlags(flags | Qt.ItemFlag.ItemIsEnabled if can_be_made else flags)
        is_ticked = row.file_type in self._ticked and can_be_made
        item.setCheckState(0, Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
        return item

    def _on_item(self, item: QTreeWidgetItem) -> None:
        name = item.text(0)
        if item.checkState(0) == Qt.CheckState.Checked:
            self._ticked.add(name)
        else:
            self._ticked.discard(name)
        self.changed.emit()

    @override
    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _restyle(self) -> None:
        theme = self._themes.theme
        size = round(self.fontMetrics().ascent() * 1.1)
        drawing = (_DRAWINGS / f"check-{theme.name}.svg").as_posix()
        self.setStyleSheet(
            f"QTreeView::indicator {{ width: {size}px; height: {size}px; border-radius: 4px;"
            f" background: {theme.surface}; border: 1px solid {theme.muted}; }}"
            f"QTreeView::indicator:checked {{ background: {theme.accent};"
            f' border-color: {theme.accent}; image: url("{drawing}"); }}'
            f"QTreeView::indicator:disabled {{ background: {theme.raised};"
            f" border-color: {theme.line}; }}"
        )
        self._fit()

    def _fit(self) -> None:
        row = self.sizeHintForRow(0)
        if row <= 0:
            row = self.fontMetrics().height() + 8
        shown = min(_ROWS, max(3, self.topLevelItemCount()))
        boxes = self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth, None, self)
        self.setColumnWidth(0, self.sizeHintForColumn(0) + boxes)
        head = self.header().sizeHint().height()
        self.setFixedHeight(head + row * shown + 2 * self.frameWidth() + 4)
