"""A titled surface that holds what belongs together."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdedge_gui.theme.manager import ThemeManager

_MARGIN = 16
_SPACING = 12


class Card(QFrame):
    """Put widgets into ``content``; an empty title leaves the header away."""

    def __init__(self, title: str, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setProperty("role", "card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        outer.setSpacing(_SPACING)
        self.title_label = QLabel(title, self)
        self.title_label.setProperty("role", "subtitle")
        self.title_label.setWordWrap(True)
        self._header = QHBoxLayout()
        self._header.setSpacing(8)
        self._header.addWidget(self.title_label, 1)
        outer.addLayout(self._header)
        self.content = QVBoxLayout()
        self.content.setSpacing(8)
        outer.addLayout(self.content, 1)
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Show another title; none hides it."""
        self.title_label.setText(title)
        self.title_label.setVisible(bool(title))
        self.setAccessibleName(title)

    def add_header_widget(self, widget: QWidget) -> None:
        """Put ``widget`` at the right end of the title's line."""
        self._header.addWidget(widget)
