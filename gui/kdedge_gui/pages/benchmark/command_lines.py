"""The command lines that do the same as the page, one below the other, ready to copy."""

import shlex
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

_MOST_LINES = 12


class CommandLines(QFrame):
    """For several commands; a single one is shown by the page's own strip."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._lines: list[str] = []
        mark(self, "role", "panel")
        self._text = QLabel(self)
        mark(self._text, "role", "mono")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        flags = Qt.TextInteractionFlag
        self._text.setTextInteractionFlags(
            flags.TextSelectableByMouse | flags.TextSelectableByKeyboard
        )
        self._text.setAccessibleName(self.tr("Command lines that do the same"))
        self._copy = QPushButton(self.tr("&Copy"), self)
        mark(self._copy, "kind", "quiet")
        self._copy.setAccessibleName(self.tr("Copy the command lines"))
        self._copy.clicked.connect(self.copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 4, 8)
        row.addWidget(self._text, 1)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """All lines as they are copied."""
        return "\n".join(self._lines)

    def set_commands(self, commands: Sequence[Sequence[str]]) -> None:
        """Show these commands, quoted for a shell; fewer than two hide the panel."""
        self._lines = [shlex.join(words) for words in commands]
        shown = [f"$ {line}" for line in self._lines[:_MOST_LINES]]
        left = len(self._lines) - len(shown)
        if left > 0:
            shown.append(self.tr("… and {n} more").format(n=left))
        self._text.setText("\n".join(shown))
        self.setVisible(len(self._lines) > 1)

    def copy(self) -> None:
        """Put all lines on the clipboard."""
        QGuiApplication.clipboard().setText(self.text + "\n")

    def _restyle(self) -> None:
        self._copy.setIcon(icon("copy", self._themes.theme))
