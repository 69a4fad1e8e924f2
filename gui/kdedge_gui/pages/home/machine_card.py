"""The card "This machine": what it has, what llama.cpp can use of it, and what is missing."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.numbers import when_text
from kdedge_gui.pages.home.fix_row import FixRow, symbol_size
from kdedge_gui.pages.home.machine_words import (
    Fact,
    headline,
    machine_facts,
    machine_problems,
)
from kdedge_gui.theme.icons import icon, pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.pill import kind_colour


class MachineCard(Card):
    """Shows a document of ``kdedge doctor``, and when it was made."""

    look_again = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("This machine"))
        self._refresh = QPushButton(self.tr("&Look again"), self)
        mark(self._refresh, "kind", "quiet")
        self._refresh.setAccessibleName(self.tr("Look at this machine again"))
        self._refresh.clicked.connect(self.look_again)
        self._headline = _wrapped(QLabel(self))
        self._age = _wrapped(QLabel(self))
        mark(self._age, "role", "caption")
        self._facts = QVBoxLayout()
        self._facts.setSpacing(12)
        self._problems = QVBoxLayout()
        self._problems.setSpacing(8)
        self.content.addWidget(self._headline)
        self.content.addSpacing(4)
        self.content.addLayout(self._facts)
        self.content.addLayout(self._problems)
        self.content.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._age, 1)
        foot.addWidget(self._refresh)
        self.content.addLayout(foot)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_nothing()

    @property
    def text(self) -> str:
        """The sentence that sums the machine up."""
        return self._headline.text()

    def show_nothing(self) -> None:
        """Say that nothing is known yet."""
        _empty(self._facts)
        _empty(self._problems)
        self._headline.setText(self.tr("Not looked at yet."))
        self._age.clear()

    def show_busy(self) -> None:
        """Say that the machine is being looked at; what is known stays."""
        self._refresh.setEnabled(False)
        looking = self.tr("Looking at this machine, for two or three seconds…")
        if self._facts.count():
            self._age.setText(looking)
        else:
            self._headline.setText(looking)

    def show_idle(self) -> None:
        """Say that nothing is under way."""
        self._refresh.setEnabled(True)

    def show_document(self, document: Mapping[str, Any], *, at: str) -> None:
        """Show what ``kdedge doctor`` found.

        Args:
            document: A document that ``is_doctor_document`` accepts.
            at: When it was made, as ISO text.
        """
        self._refresh.setEnabled(True)
        self._headline.setText(headline(document))
        _empty(self._facts)
        for fact in machine_facts(document):
            self._facts.addWidget(_FactRow(fact, self._themes, self))
        _empty(self._problems)
        problems = machine_problems(document)
        if problems:
            title = QLabel(self.tr("What to mend"), self)
            title.setStyleSheet("font-weight: 600;")
            self._problems.addSpacing(8)
            self._problems.addWidget(title)
        for problem in problems:
            self._problems.addWidget(FixRow(problem, self._themes, self))
        looked = self.tr("Looked at {when}.").format(when=when_text(at))
        nothing = "" if problems else " " + self.tr("Nothing is missing.")
        self._age.setText(looked + nothing)

    def _restyle(self) -> None:
        self._refresh.setIcon(icon("refresh", self._themes.theme))


class _FactRow(QWidget):
    """An icon, what it is, and a word on it."""

    def __init__(self, fact: Fact, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._fact = fact
        self._themes = themes
        self._symbol = QLabel(self)
        title = _wrapped(QLabel(fact.title, self))
        title.setStyleSheet("font-weight: 600;")
        text = _wrapped(QLabel(fact.text, self))
        mark(text, "role", "caption")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(title)
        words.addWidget(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.setAccessibleName(f"{fact.title}: {fact.text}")
        themes.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        theme = self._themes.theme
        colour = kind_colour(self._fact.kind, theme)
        size = symbol_size(self)
        self._symbol.setFixedWidth(size + 4)
        self._symbol.setPixmap(pixmap(self._fact.icon, colour, size=size))


def _wrapped(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
