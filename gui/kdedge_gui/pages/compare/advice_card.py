"""The card of the sentence of advice, and of what it rests on."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card

if TYPE_CHECKING:
    from kdedge.report.facts import Recommendation


class AdviceCard(Card):
    """Shows a ``Recommendation`` in the library's own words."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.setAccessibleName(self.tr("Advice"))
        self._sentence = text_label(self)
        mark(self._sentence, "role", "subtitle")
        self._because = text_label(self)
        self.content.addWidget(self._sentence)
        self.content.addWidget(self._because)

    @property
    def sentence(self) -> str:
        """The advice shown."""
        return self._sentence.text()

    def show_advice(self, advice: "Recommendation") -> None:
        """Show ``advice`` in place of what was shown."""
        self._sentence.setText(advice.sentence)
        self._because.setText("\n".join(f"•  {reason}" for reason in advice.because))
        self._because.setVisible(bool(advice.because))


def text_label(parent: QWidget, role: str = "") -> QLabel:
    """Return a label whose text wraps and can be selected.

    Args:
        parent: Qt's parent.
        role: As the style sheet knows it.
    """
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        mark(label, "role", role)
    return label
