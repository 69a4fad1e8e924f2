"""Where a question is written: it grows with its lines, Enter sends it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

_LEAST_LINES = 2
_MOST_LINES = 8


class Composer(QWidget):
    """A field and one button: Send, or Stop while an answer is written."""

    sent = Signal(str)
    stop_wanted = Signal()
    edit_wanted = Signal()
    """Up was pressed in the empty field."""
    edit_dropped = Signal()
    """The last question stays as it was."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._is_ready = False
        self._field = _Field(self)
        self._field.setAccessibleName(self.tr("Your question"))
        self._field.entered.connect(self._send)
        self._field.up_pressed.connect(self.edit_wanted)
        self._field.textChanged.connect(self._on_text)
        self._send_button = QPushButton(self.tr("&Send"), self)
        mark(self._send_button, "kind", "primary")
        self._send_button.clicked.connect(lambda _=False: self._send())
        self._stop_button = QPushButton(self.tr("S&top"), self)
        self._stop_button.setToolTip(self.tr("Esc"))
        self._stop_button.clicked.connect(lambda _=False: self.stop_wanted.emit())
        self._stop_button.hide()
        self._note = QWidget(self)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.set_ready(False, self.tr("Load a model to ask it something."))

    @property
    def text(self) -> str:
        """What is written."""
        return self._field.toPlainText()

    def set_ready(self, is_ready: bool, placeholder: str) -> None:
        """Let questions be sent or not; ``placeholder`` is said in the empty field."""
        self._is_ready = is_ready
        self._field.setPlaceholderText(placeholder)
        self._on_text()

    def set_generating(self, is_generating: bool) -> None:
        """Show Stop in the place of Send."""
        had_focus = self._send_button.hasFocus() or self._stop_button.hasFocus()
        self._send_button.setVisible(not is_generating)
        self._stop_button.setVisible(is_generating)
        if had_focus:
            self._field.setFocus()

    def edit(self, text: str) -> None:
        """Let the user change ``text``, the last question."""
        self._field.setPlainText(text)
        self._field.moveCursor(QTextCursor.MoveOperation.End)
        self._note.show()
        self._field.setFocus()

    def clear(self) -> None:
        """Empty the field."""
        self._note.hide()
        self._field.clear()

    def focus(self) -> None:
        """Put the cursor into the field."""
        self._field.setFocus()

    def _send(self) -> None:
        text = self.text
        if self._is_ready and text.strip() and self._send_button.isVisibleTo(self):
            self.clear()
            self.sent.emit(text)

    def _drop_edit(self) -> None:
        self.clear()
        self.edit_dropped.emit()

    def _on_text(self) -> None:
        self._send_button.setEnabled(self._is_ready and bool(self.text.strip()))
        self._field.fit()

    def _lay_out(self) -> None:
        words = QLabel(
            self.tr("You are changing your last question; its answer goes when you send."), self
        )
        words.setWordWrap(True)
        mark(words, "role", "caption")
        keep = QPushButton(self.tr("Keep it as it &was"), self)
        mark(keep, "kind", "quiet")
        keep.clicked.connect(lambda _=False: self._drop_edit())
        note = QHBoxLayout(self._note)
        note.setContentsMargins(0, 0, 0, 0)
        note.addWidget(words, 1)
        note.addWidget(keep)
        self._note.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._field, 1)
        row.addWidget(self._send_button, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self._stop_button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._note)
        column.addLayout(row)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._stop_button.setIcon(icon("stop", theme))
        self._field.fit()


class _Field(QPlainTextEdit):
    entered = Signal()
    up_pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)

    def fit(self) -> None:
        lines = min(max(self.document().blockCount(), _LEAST_LINES), _MOST_LINES)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * lines + 20)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Up and not self.toPlainText():
            self.up_pressed.emit()
        else:
            super().keyPressEvent(event)
