"""One thing that is missing, and the command that mends it, ready to copy."""

import shlex

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdedge_gui.pages.home.machine_words import Problem
from kdedge_gui.theme.icons import pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.command_strip import CommandStrip


class FixRow(QWidget):
    """What is wrong; under it the remedy, as a command line where it is one."""

    def __init__(self, problem: Problem, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self._symbol = QLabel(self)
        words = QVBoxLayout()
        words.setSpacing(4)
        what = QLabel(problem.what, self)
        what.setTextFormat(Qt.TextFormat.PlainText)
        what.setWordWrap(True)
        words.addWidget(what)
        words.addWidget(self._remedy(problem))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        themes.changed.connect(self._restyle)
        self._restyle()

    def _remedy(self, problem: Problem) -> QWidget:
        if problem.is_command:
            strip = CommandStrip(self._themes, self)
            strip.set_words(shlex.split(problem.fix))
            return strip
        text = QLabel(problem.fix, self)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setProperty("role", "caption")
        return text

    def _restyle(self) -> None:
        colour = self._themes.theme.warning
        size = symbol_size(self)
        self._symbol.setFixedWidth(size + 4)
        self._symbol.setPixmap(pixmap("warning", colour, size=size))


def symbol_size(widget: QWidget) -> int:
    """Return how large a symbol beside the text of ``widget`` should be."""
    return round(1.25 * widget.fontMetrics().height())
