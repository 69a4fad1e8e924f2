"""An editor for code whose end can hold a suggestion: Tab takes it, any other key drops it.

The suggestion leaves no trace in the undo history unless it is taken; then it is one step.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.highlighter import Highlighter
from kdedge_gui.widgets.visible_text import visible_text

if TYPE_CHECKING:
    from kdedge_gui.background import Background

_COLOUR_AFTER_MS = 250
_MODIFIERS = {
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_CapsLock,
}
_MOVES = {
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
}


class GhostEditor(QPlainTextEdit):
    """Python code to write in; the suggestion stands at its end in another colour."""

    wanted = Signal()
    """Ctrl+Enter: a suggestion, please."""
    accepted = Signal(str)
    """The suggestion was taken."""
    dropped = Signal()
    """The suggestion is gone."""

    def __init__(
        self, themes: ThemeManager, background: "Background", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._has_ghost = False
        self._ghost = ""
        self._n_undo_steps = 0
        mark(self, "role", "mono")
        # Tab goes on to the next field while there is nothing to take.
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._highlighter = Highlighter(self.document(), themes, background)
        self._colouring = QTimer(self, singleShot=True, interval=_COLOUR_AFTER_MS)
        self._colouring.timeout.connect(self.colour)
        self.textChanged.connect(self._on_text)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def own_text(self) -> str:
        """What the user wrote or took, without a suggestion."""
        text = self.toPlainText()
        return text[: len(text) - len(self._ghost)] if self._ghost else text

    @property
    def ghost_text(self) -> str:
        """The suggestion."""
        return self._ghost

    @property
    def has_ghost(self) -> bool:
        """Whether a suggestion stands here or is awaited."""
        return self._has_ghost

    def begin_ghost(self) -> None:
        """A suggestion is about to come."""
        self.drop_ghost()
        self._has_ghost = True
        self._n_undo_steps = self.document().availableUndoSteps()
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.moveCursor(QTextCursor.MoveOperation.End)

    def append_ghost(self, text: str) -> None:
        """Put ``text`` at the end of the suggestion."""
        if not self._has_ghost:
            return
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 1
        shown = visible_text(text)
        self._ghost += shown
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(shown, self._ghost_format())
        if follows:
            self._go_to_end()

    def accept_ghost(self) -> None:
        """Make the suggestion part of the text."""
        if not self._has_ghost:
            return
        text = self._ghost
        self._take_away()
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text, QTextCharFormat())
        self.setTextCursor(cursor)
        self.accepted.emit(text)

    def drop_ghost(self) -> None:
        """Take the suggestion away."""
        if self._has_ghost:
            self._take_away()
            self.dropped.emit()

    def colour(self) -> None:
        """Colour the code as it stands now."""
        self._highlighter.read("python")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and control:
            self.wanted.emit()
        elif self._has_ghost and self._handles_ghost_key(key, is_command=bool(control)):
            return
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._new_line()
        else:
            super().keyPressEvent(event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ghost:
            self._go_to_end()

    @override
    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002 - Qt's name
        # Tab belongs to a suggestion as long as there is one.
        return False if self._has_ghost and next else super().focusNextPrevChild(next)

    def _handles_ghost_key(self, key: Qt.Key, *, is_command: bool) -> bool:
        """Take or drop the suggestion; return whether the key has done its work."""
        if key == Qt.Key.Key_Tab:
            self.accept_ghost()
            return True
        if key == Qt.Key.Key_Escape:
            self.drop_ghost()
            return True
        if key not in _MODIFIERS | _MOVES and not is_command:
            self.drop_ghost()
        return False

    def _go_to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _new_line(self) -> None:
        """Begin a line as far in as the one before it."""
        cursor = self.textCursor()
        line = cursor.block().text()[: cursor.positionInBlock()]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        deeper = "    " if line.rstrip().endswith(":") else ""
        cursor.insertText("\n" + indent + deeper)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def _take_away(self) -> None:
        document = self.document()
        self._has_ghost = False
        self._ghost = ""
        while document.availableUndoSteps() > self._n_undo_steps:
            document.undo()
        document.clearUndoRedoStacks(QTextDocument.Stacks.RedoStack)
        self.setReadOnly(False)

    def _ghost_format(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(QColor(self._themes.theme.accent))
        made.setBackground(QColor(self._themes.theme.selection))
        return made

    def _on_text(self) -> None:
        if not self._has_ghost:
            self._colouring.start()

    def _restyle(self) -> None:
        if self._ghost:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            start = cursor.position() - len(self._ghost.encode("utf-16-le")) // 2
            cursor.setPosition(start, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(self._ghost_format())
        width = self.fontMetrics().horizontalAdvance(" ")
        self.setTabStopDistance(4 * width)
