"""A box to tick in a list, as large as the text and in the colours of the theme."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from kdedge_gui.models.text_table import Index
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import pixmap
from kdedge_gui.theme.manager import ThemeManager

_SIDE = 10
_GAP = 8
_CHECKED = Qt.CheckState.Checked.value


class TickBox(QStyledItemDelegate):
    """Draws box and text; ticking is the view's business, so that a click counts once."""

    def __init__(self, themes: ThemeManager, parent: QObject) -> None:
        super().__init__(parent)
        self._themes = themes

    def width_of(self, text: str, metrics: QFontMetrics) -> int:
        """Return the room for a box and ``text``."""
        return 2 * _SIDE + metrics.height() + _GAP + metrics.horizontalAdvance(text)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = self.width_of(str(index.data() or ""), option.fontMetrics)
        return QSize(width, option.fontMetrics.height() + _GAP)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.features &= ~QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
        plain.text = ""
        option.widget.style().drawControl(
            QStyle.ControlElement.CE_ItemViewItem, plain, painter, option.widget
        )
        theme = self._themes.theme
        side = round(option.fontMetrics.height() * 0.95)
        top = option.rect.center().y() - side // 2
        box = QRect(option.rect.left() + _SIDE, top, side, side)
        is_ticked = index.data(Qt.ItemDataRole.CheckStateRole) == _CHECKED
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent if is_ticked else theme.muted), 1.5))
        painter.setBrush(QColor(theme.accent if is_ticked else theme.surface))
        painter.drawRoundedRect(box, 4, 4)
        if is_ticked:
            ratio = painter.device().devicePixelRatioF()
            tick = pixmap("check", theme.on_accent, size=side, ratio=ratio)
            painter.drawPixmap(box.topLeft(), tick)
        painter.setFont(option.font)
        painter.setPen(QColor(theme.text))
        words = option.rect.adjusted(_SIDE + side + _GAP, 0, -_SIDE, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), str(index.data() or ""))
        painter.restore()

    @override
    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        return False
