"""The command line that does the same as the page, ready to copy."""

import shlex
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from kdedge_gui.theme.icons import coloured_icon, icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

_SAY_COPIED_MS = 1500


class CommandStrip(QFrame):
    """One line of fixed-width text with a Copy button; hidden while there is no command."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setProperty("role", "strip")
        self._prompt = QLabel("$", self)
        self._prompt.setProperty("role", "mono")
        self._line = QLineEdit(self)
        self._line.setReadOnly(True)
        self._line.setFrame(False)
        self._line.setAccessibleName(self.tr("Command line that does the same"))
        mark(self._line, "role", "command")
        self._copy = QPushButton(self.tr("&Copy"), self)
        self._copy.setProperty("kind", "quiet")
        self._copy.setAccessibleName(self.tr("Copy the command line"))
        self._copy.clicked.connect(self.copy)
        self._reset = QTimer(self)
        self._reset.setSingleShot(True)
        self._reset.setInterval(_SAY_COPIED_MS)
        self._reset.timeout.connect(self._restyle)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(8)
        row.addWidget(self._prompt)
        row.addWidget(self._line, 1)
        row.addWidget(self._copy)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """The command line as it is copied."""
        return self._line.text()

    def set_words(self, words: Sequence[str] | None) -> None:
        """Show the command of ``words``, quoted for a shell; none hides the strip."""
        text = shlex.join(words) if words else ""
        self.setVisible(bool(text))
        if text != self._line.text():
            self._line.setText(text)
            self._line.setCursorPosition(0)
            self._line.setToolTip(text)

    def copy(self) -> None:
        """Put the command line on the clipboard and say so."""
        QGuiApplication.clipboard().setText(self._line.text())
        self._copy.setText(self.tr("Copied"))
        self._copy.setIcon(coloured_icon("check", self._themes.theme.good))
        self._reset.start()

    def _restyle(self) -> None:
        self._copy.setText(self.tr("&Copy"))
        self._copy.setIcon(icon("copy", self._themes.theme))
