"""The table of differences: measures down, models across, two lines a cell."""

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from kdedge_gui.models.text_table import Index
from kdedge_gui.pages.compare.difference_lines import DifferenceCell, Differences, Verdict
from kdedge_gui.pages.compare.labelled_rows import set_up_labelled_rows
from kdedge_gui.pages.compare.labels import short_labels
from kdedge_gui.qt_override import override
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge_gui.theme.manager import ThemeManager

_TEXT = int(Qt.ItemDataRole.DisplayRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)
_NO_INDEX = QModelIndex()
_SIDE = 10
_ABOVE = 6
_GAP = 6
_DETAIL_SHARE = 0.9
_FRAME = 4
_BOLD = QFont.Weight.DemiBold


class DifferenceModel(QAbstractTableModel):
    """``Differences`` for a view."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = Differences(models=(), lines=())

    def show(self, differences: Differences) -> None:
        """Show ``differences`` in place of what was shown."""
        self.beginResetModel()
        self._shown = differences
        self.endResetModel()

    def cell(self, index: Index) -> DifferenceCell:
        """Return what ``index`` points to."""
        return self._shown.lines[index.row()].cells[index.column()]

    @override
    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._shown.lines)

    @override
    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._shown.models)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _TEXT
    ) -> str | int | None:
        across = orientation == Qt.Orientation.Horizontal
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if not across:
            return self._shown.lines[section].title if role == _TEXT else None
        label = self._shown.models[section]
        if role == _TIP:
            return label
        if role != _TEXT:
            return None
        short = short_labels(self._shown.models)[label]
        return tr("{model} (baseline)").format(model=short) if section == 0 else short

    @override
    def data(self, index: Index, role: int = _TEXT) -> str | None:
        if not index.isValid():
            return None
        cell = self.cell(index)
        if role == _TEXT:
            return "\n".join(part for part in (cell.main, cell.detail) if part)
        if role == _TIP:
            return cell.tip or cell.verdict.words or None
        if role == _SPOKEN:
            line = self._shown.lines[index.row()]
            return f"{self._shown.models[index.column()]}, {line.title}: {cell.spoken}"
        return None


class DifferenceTable(QTableView):
    """Shows ``Differences`` as high as they are; only wide ones scroll, sideways."""

    def __init__(self, themes: "ThemeManager", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = DifferenceModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_TwoLines(themes, self))
        self.setAccessibleName(tr("Differences from the baseline"))
        self.setAlternatingRowColors(True)
        set_up_labelled_rows(self, corner=tr("Measures and models"))
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setHighlightSections(False)
        self.verticalHeader().setStyleSheet("QHeaderView::section { border-bottom: none; }")
        themes.changed.connect(self._fit)

    def show_differences(self, differences: Differences) -> None:
        """Show ``differences`` in place of what was shown."""
        self._model.show(differences)
        self._fit()

    def needed_width(self) -> int:
        """Return the width that shows everything without scrolling."""
        return self.verticalHeader().sizeHint().width() + sum(self._needed()) + _FRAME

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        rows, head = self.verticalHeader(), self.horizontalHeader()
        height = self.sizeHintForRow(0) if self._model.rowCount() else 0
        rows.setDefaultSectionSize(max(height, rows.minimumSectionSize()))
        needed = self._needed()
        room = self.width() - rows.sizeHint().width() - _FRAME
        spare = max(0, room - sum(needed)) // max(1, len(needed))
        for column, width in enumerate(needed):
            self.setColumnWidth(column, width + spare)
        bar = self.horizontalScrollBar().sizeHint().height() if sum(needed) > room else 0
        total = head.sizeHint().height() + rows.length() + _FRAME + bar
        self.setFixedHeight(total)

    def _needed(self) -> list[int]:
        head = self.horizontalHeader()
        return [
            max(self.sizeHintForColumn(column), head.sectionSizeHint(column))
            for column in range(self._model.columnCount())
        ]


class _TwoLines(QStyledItemDelegate):
    """A number with its sign, and below it what is to be known of it."""

    def __init__(self, themes: "ThemeManager", parent: QObject) -> None:
        super().__init__(parent)
        self._themes = themes

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell = _cell_of(index)
        main, detail = self._fonts(option.font)
        metrics, small = QFontMetrics(main), QFontMetrics(detail)
        sign = metrics.horizontalAdvance("▲") + _GAP
        width = max(
            metrics.horizontalAdvance(cell.main) + sign, small.horizontalAdvance(cell.detail)
        )
        return QSize(width + 2 * _SIDE, metrics.height() + small.height() + 2 * _ABOVE)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        widget = option.widget
        style = widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, widget)
        cell = _cell_of(index)
        main, detail = self._fonts(option.font)
        area = option.rect.adjusted(_SIDE, _ABOVE, -_SIDE, -_ABOVE)
        lines = QFontMetrics(main).height()
        if not cell.detail:
            area = QRect(area.left(), area.center().y() - lines // 2, area.width(), lines)
        painter.save()
        self._draw_main(painter, area, cell, font=main, fallback=option.palette)
        painter.setFont(detail)
        painter.setPen(QColor(self._themes.theme.muted))
        painter.drawText(area.adjusted(0, lines, 0, 0), _LEFT_TOP, cell.detail)
        painter.restore()

    def _draw_main(
        self,
        painter: QPainter,
        area: QRect,
        cell: DifferenceCell,
        *,
        font: QFont,
        fallback: QPalette,
    ) -> None:
        theme = self._themes.theme
        colours = {Verdict.BETTER: theme.good, Verdict.WORSE: theme.bad, Verdict.SAME: theme.muted}
        painter.setFont(font)
        painter.setPen(fallback.color(QPalette.ColorRole.Text))
        painter.drawText(area, _LEFT_TOP, cell.main)
        if cell.verdict.sign:
            left = QFontMetrics(font).horizontalAdvance(cell.main) + _GAP
            painter.setPen(QColor(colours[cell.verdict]))
            painter.drawText(area.adjusted(left, 0, 0, 0), _LEFT_TOP, cell.verdict.sign)

    @staticmethod
    def _fonts(base: QFont) -> tuple[QFont, QFont]:
        main, detail = QFont(base), QFont(base)
        main.setWeight(_BOLD)
        detail.setPointSizeF(base.pointSizeF() * _DETAIL_SHARE)
        return main, detail


_LEFT_TOP = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


def _cell_of(index: Index) -> DifferenceCell:
    model = index.model()
    assert isinstance(model, DifferenceModel)
    return model.cell(index)
