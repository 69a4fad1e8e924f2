"""Everything about the one model that is chosen."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.pages.models.facts import Fact, header_facts, lineage_facts, tensor_facts
from kdedge_gui.pages.models.facts_list import FactsList
from kdedge_gui.pages.models.load_row import LoadRow
from kdedge_gui.pages.models.memory_card import MemoryCard
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from kdedge_gui.library import ModelEntry

_TWO_COLUMNS_LETTERS = 92
"""Narrower than so many letters, the cards stand below one another."""

_LEAST_HEIGHT = 96
_MOST_LEAST_WIDTH = 520
"""At large text in a small window it rather scrolls sideways than takes all the room."""


class DetailsPane(QScrollArea):
    """Shows one model; ``show_entry`` first, the rest as it becomes known."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._name = QLabel(self)
        self._name.setWordWrap(True)
        mark(self._name, "role", "subtitle")
        self._path = ElidedLabel(self)
        mark(self._path, "role", "caption")
        self._problem = QLabel(self)
        self._problem.setWordWrap(True)
        self.load = LoadRow(themes, self)
        self._more = QPushButton(self.tr("&More"), self)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self.memory = MemoryCard(themes, self)
        self._facts, self._facts_card = _facts_card(self.tr("In its header"), themes, self)
        self._inside = QWidget(self)
        self._tensors, self._tensors_card = _facts_card(self.tr("Tensors by type"), themes, self)
        self._lineage, self._lineage_card = _facts_card(self.tr("Lineage"), themes, self)
        self._lay_out()

    @property
    def text(self) -> str:
        """The name and what its header says."""
        return f"{self._name.text()}\n{self._facts.text}"

    @property
    def lineage_text(self) -> str:
        """What is said of where the file comes from."""
        return self._lineage.text

    def set_actions(self, buttons: Sequence[QAction], more: Sequence[QAction]) -> None:
        """Offer ``buttons`` beside Load, and ``more`` in a menu."""
        for action in buttons:
            button = QPushButton(action.text(), self)
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            action.visibleChanged.connect(partial(_follow, button, action))
            self.load.add_button(button)
            _follow(button, action)
        self.load.add_button(self._more)
        self._menu.addActions(list(more))

    def show_entry(self, entry: "ModelEntry", *, sha256: str = "") -> None:
        """Show what the list knows of a model; what its header adds comes later."""
        self._name.setText(entry.name)
        self._path.show_text(str(entry.path))
        self._problem.setText(entry.problem)
        self._problem.setVisible(bool(entry.problem))
        is_usable = entry.summary is not None and entry.file_bytes is not None
        self.load.set_usable(is_usable)
        self.memory.setVisible(is_usable)
        self._facts.show_facts(header_facts(entry, sha256=sha256))
        summary = entry.summary
        self._facts_card.setVisible(summary is not None)
        self._tensors_card.setVisible(summary is not None)
        if summary is not None:
            self._tensors.show_facts(tensor_facts(summary))

    def forget_header(self) -> None:
        """Another model: what the header and the store say of it is not known yet."""
        self._lineage_card.hide()
        self.memory.forget_measured()

    def show_metadata(self, metadata: Mapping[str, object]) -> None:
        """Show what only the whole header tells: where the file comes from."""
        nothing = Fact(title=self.tr("Origin"), text=self.tr("The file does not say."))
        self._lineage.show_facts(lineage_facts(metadata) or (nothing,))
        self._lineage_card.show()

    @override
    def minimumSizeHint(self) -> QSize:
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(
            min(_MOST_LEAST_WIDTH, self._inside.minimumSizeHint().width() + bar), _LEAST_HEIGHT
        )

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        letters = self.width() / max(1, self.fontMetrics().averageCharWidth())
        directions = QBoxLayout.Direction
        is_wide = letters >= _TWO_COLUMNS_LETTERS
        self._columns.setDirection(directions.LeftToRight if is_wide else directions.TopToBottom)

    def _lay_out(self) -> None:
        self._inside.setProperty("role", "page")
        left, right = QVBoxLayout(), QVBoxLayout()
        for column, cards in (
            (left, (self.memory, self._lineage_card)),
            (right, (self._facts_card, self._tensors_card)),
        ):
            column.setSpacing(16)
            for card in cards:
                column.addWidget(card)
            column.addStretch(1)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(16)
        self._columns.addLayout(left, 1)
        self._columns.addLayout(right, 1)
        outer = QVBoxLayout(self._inside)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        outer.addWidget(self._name)
        outer.addWidget(self._path)
        outer.addWidget(self._problem)
        outer.addWidget(self.load)
        outer.addSpacing(8)
        outer.addLayout(self._columns)
        outer.addStretch(1)
        self.setWidget(self._inside)


def _follow(button: QPushButton, action: QAction) -> None:
    button.setVisible(action.isVisible())


def _facts_card(title: str, themes: ThemeManager, parent: QWidget) -> tuple[FactsList, Card]:
    card = Card(title, themes, parent)
    facts = FactsList(card)
    card.content.addWidget(facts)
    return facts, card
