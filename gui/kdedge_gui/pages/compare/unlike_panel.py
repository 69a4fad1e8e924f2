"""Why the chosen runs should not be compared, each difference by its name, and a way past it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.theme.icons import pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card

if TYPE_CHECKING:
    from kdedge.report.compare import Comparison

_ICON = 24


class UnlikePanel(QScrollArea):
    """Says what differs besides the models; the user decides."""

    choose_wanted = Signal()
    compare_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        inside = QWidget(self)
        mark(inside, "role", "page")
        card = Card("", themes, inside)
        card.content.setSpacing(12)
        self._symbol = QLabel(card)
        self._clauses: list[str] = []
        self._found = QVBoxLayout()
        self._found.setSpacing(8)
        self.choose = QPushButton(self.tr("Choose &other runs"), card)
        mark(self.choose, "kind", "primary")
        self.choose.clicked.connect(self.choose_wanted)
        self.go_on = QPushButton(self.tr("Compare &anyway"), card)
        self.go_on.clicked.connect(self.compare_wanted)
        self._lay_out(card)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        self.setWidget(inside)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def told(self) -> tuple[str, ...]:
        """The differences shown, each by its name."""
        return tuple(self._clauses)

    def show_comparison(self, comparison: "Comparison") -> None:
        """Name what is unlike in each pair of ``comparison``."""
        while (item := self._found.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._clauses = [clause for pair in comparison.pairs for clause in pair.unlike]
        base = comparison.baseline.label
        for pair in comparison.pairs:
            if not pair.unlike:
                continue
            pair_of = self.tr("{baseline} and {model}")
            heading = _text(pair_of.format(baseline=base, model=pair.row.label), self)
            heading.setStyleSheet("font-weight: 600;")
            self._found.addWidget(heading)
            for clause in pair.unlike:
                line = _text(f"•  {clause}", self)
                line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._found.addWidget(line)

    def _restyle(self) -> None:
        self._symbol.setPixmap(pixmap("warning", self._themes.theme.warning, size=_ICON))

    def _lay_out(self, card: Card) -> None:
        title = _text(self.tr("These runs were not measured the same way"), card)
        mark(title, "role", "subtitle")
        about = _text(
            self.tr(
                "What differs besides the models would be taken for a difference of the models. "
                "Measure them again alike, or compare them and keep the warning in sight."
            ),
            card,
        )
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(title, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.choose)
        foot.addWidget(self.go_on)
        foot.addStretch(1)
        card.content.addLayout(head)
        card.content.addWidget(about)
        card.content.addLayout(self._found)
        card.content.addSpacing(4)
        card.content.addLayout(foot)


def _text(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
