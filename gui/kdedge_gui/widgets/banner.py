"""What went wrong or is worth knowing, on the page where it happened: never a dialog.

An error has a problem, a remedy and, behind "Details", what the child process printed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.theme.icons import icon, pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import blend
from kdedge_gui.widgets.pill import SYMBOLS, kind_colour

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo

_DETAIL_LINES = 9
_LEAST_ICON_SIZE = 20


class Banner(QFrame):
    """Hidden until something is shown; the user closes it or ``clear`` does."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._kind = "info"
        self._act: Callable[[], None] | None = None
        self.setObjectName("banner")
        self._symbol = QLabel(self)
        self._title = _text_label(self)
        self._text = _text_label(self)
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setProperty("role", "code")
        self._details.setAccessibleName(self.tr("Details of the error"))
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._action = QPushButton(self)
        self._action.clicked.connect(self._run_action)
        self._action.hide()
        self._toggle = QPushButton(self.tr("&Details"), self)
        self._toggle.setCheckable(True)
        self._toggle.setProperty("kind", "quiet")
        self._toggle.toggled.connect(self._show_details)
        self._copy = QPushButton(self.tr("Copy"), self)
        self._copy.setProperty("kind", "quiet")
        self._copy.setAccessibleName(self.tr("Copy the error with its details"))
        self._copy.clicked.connect(self._copy_all)
        self._close = QToolButton(self)
        self._close.setProperty("kind", "quiet")
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.setToolTip(self.tr("Close"))
        self._close.clicked.connect(self.clear)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def kind(self) -> str:
        """``bad`` for an error, or the kind of the note."""
        return self._kind

    @property
    def text(self) -> str:
        """All that is said, without the details."""
        return "\n".join(part for part in (self._title.text(), self._text.text()) if part)

    def show_error(self, error: "ErrorInfo", retry: Callable[[], None] | None = None) -> None:
        """Show a problem and its remedy; ``retry`` becomes the button "Try again"."""
        action = None if retry is None else (self.tr("&Try again"), retry)
        self._show("bad", error.problem, error.hint, action=action)
        self._details.setPlainText(error.detail)
        for widget in (self._toggle, self._copy):
            widget.setVisible(bool(error.detail))

    def show_note(
        self,
        text: str,
        kind: str = "info",
        action: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        """Show a sentence: ``info``, ``warning`` or ``good``, with a button where one helps."""
        self._show(kind, "", text, action=action)

    def clear(self) -> None:
        """Hide the banner."""
        self._act = None
        self._toggle.setChecked(False)
        self.hide()

    def _show(
        self, kind: str, title: str, text: str, *, action: tuple[str, Callable[[], None]] | None
    ) -> None:
        self._kind = kind
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._act = action[1] if action else None
        self._action.setText(action[0] if action else "")
        self._action.setVisible(action is not None)
        self._toggle.setChecked(False)
        self._toggle.hide()
        self._copy.hide()
        self._details.clear()
        self.setAccessibleName(" ".join(part for part in (title, text) if part))
        self._restyle()
        self.show()

    def _run_action(self) -> None:
        act = self._act
        self.clear()
        if act is not None:
            act()

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.text}\n\n{self._details.toPlainText()}")

    def _restyle(self) -> None:
        theme = self._themes.theme
        colour = kind_colour(self._kind, theme)
        tint = blend(colour, theme.surface, share=0.09)
        edge = colour if theme.name == "contrast" else blend(colour, theme.surface, share=0.45)
        self.setStyleSheet(
            f"#banner {{ background: {tint}; border: 1px solid {edge}; border-radius: 8px; }}"
        )
        symbol = SYMBOLS.get(self._kind) or "info"
        self._symbol.setPixmap(
            pixmap(symbol if symbol != "cross" else "warning", colour, size=self._line_height())
        )
        self._close.setIcon(icon("close", theme))
        self._copy.setIcon(icon("copy", theme))
        self._details.setFixedHeight(self._details.fontMetrics().lineSpacing() * _DETAIL_LINES)

    def _line_height(self) -> int:
        return max(_LEAST_ICON_SIZE, self._text.fontMetrics().height())

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        for button in (self._copy, self._toggle, self._action, self._close):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 8, 8, 8)
        outer.setSpacing(8)
        outer.addLayout(row)
        outer.addWidget(self._details)
        self._details.hide()
        self._title.setStyleSheet("font-weight: 600;")


def _text_label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumHeight(24)
    flags = Qt.TextInteractionFlag
    label.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    return label
