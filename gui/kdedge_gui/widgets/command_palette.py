"""Every action by its words: Ctrl+K, a few letters, Enter."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

_LETTERS_WIDE = 72
_ROWS = 9
_FROM_TOP = 0.14
_KEYS_ROLE = Qt.ItemDataRole.UserRole + 1
_MOVES = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -_ROWS,
    Qt.Key.Key_PageDown: _ROWS,
}


class CommandPalette(QWidget):
    """Lies over the window; Escape or a click beside it closes it and gives the focus back."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self._actions: list[QAction] = []
        self._focus_before: QWidget | None = None
        self._frame = QFrame(self)
        self._frame.setProperty("role", "card")
        self.field = QLineEdit(self._frame)
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Find an action"))
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list = QListWidget(self._frame)
        self.list.setAccessibleName(self.tr("Actions found"))
        self.list.setProperty("role", "plain")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_WithKeys(themes, self.list))
        self.list.itemClicked.connect(self._run)
        self._nothing = QLabel(self.tr("No action has these words."), self._frame)
        self._nothing.setProperty("role", "caption")
        column = QVBoxLayout(self._frame)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self._nothing)
        column.addWidget(self.list)
        parent.installEventFilter(self)
        self.hide()

    def open_with(self, actions: Sequence[QAction]) -> None:
        """Offer ``actions``; one that is disabled is not offered."""
        self._actions = [each for each in actions if each.isEnabled() and each.text()]
        self._focus_before = self.window().focusWidget()
        self.field.clear()
        self._filter("")
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Hide it; the focus goes back to where it was."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.PopupFocusReason)
            self._focus_before = None

    def shown_texts(self) -> list[str]:
        """Return the words of the actions that match."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent):
            return event.type() == QEvent.Type.KeyPress and self._on_key(event)
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close_palette()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        veil = QColor("#000000")
        veil.setAlphaF(0.35)
        painter.fillRect(self.rect(), veil)
        painter.end()

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentItem())
        elif key in _MOVES:
            last = self.list.count() - 1
            self.list.setCurrentRow(max(0, min(last, self.list.currentRow() + _MOVES[key])))
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            pass  # the focus stays in here
        else:
            return False
        return True

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        action: QAction = item.data(Qt.ItemDataRole.UserRole)
        self.close_palette()
        action.trigger()

    def _filter(self, typed: str) -> None:
        self.list.clear()
        for action in matching(self._actions, typed):
            item = QListWidgetItem(action.text().replace("&", ""), self.list)
            item.setData(_KEYS_ROLE, action.shortcut().toString())
            item.setIcon(action.icon())
            item.setData(Qt.ItemDataRole.UserRole, action)
        self.list.setCurrentRow(0)
        self._nothing.setVisible(self.list.count() == 0)
        self.list.setVisible(self.list.count() > 0)

    def _place(self) -> None:
        over = self.parentWidget()
        assert over is not None
        area = over.rect()
        self.setGeometry(area)
        metrics = self.fontMetrics()
        width = min(area.width() - 48, metrics.averageCharWidth() * _LETTERS_WIDE)
        row_height = metrics.height() + 14
        self.list.setFixedHeight(min(area.height() // 2, row_height * _ROWS))
        self._frame.setFixedWidth(width)
        self._frame.adjustSize()
        self._frame.move((area.width() - width) // 2, round(area.height() * _FROM_TOP))


def matching(actions: Sequence[QAction], typed: str) -> list[QAction]:
    """Return the actions that have every typed word, those that begin with the text first."""
    words = typed.casefold().split()
    found = [each for each in actions if all(word in _plain(each) for word in words)]
    start = typed.casefold().strip()
    return sorted(found, key=lambda each: not _plain(each).startswith(start))


def _plain(action: QAction) -> str:
    return action.text().replace("&", "").casefold()


class _WithKeys(QStyledItemDelegate):
    """Draws the shortcut of an action at the right end of its row."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        keys = index.data(_KEYS_ROLE)
        if keys:
            area: QRect = option.rect
            painter.setPen(QColor(self._themes.theme.muted))
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(area.adjusted(0, 0, -12, 0), int(flags), keys)
