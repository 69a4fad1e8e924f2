"""What stands in the place of a mode that cannot be used now: why, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.empty_state import EmptyState

Action = tuple[str, Callable[[], None]]


class StandingIn(QWidget):
    """One ``EmptyState`` at a time, made anew when its words or buttons are others."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._shown: EmptyState | None = None
        self._words: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def text(self) -> str:
        """What is said, the buttons included."""
        return "\n".join(self._words)

    def show_words(self, icon: str, title: str, text: str, *, actions: list[Action]) -> None:
        """Say ``title`` and ``text`` below ``icon``, with ``actions`` as buttons."""
        words = (title, text, *(label for label, _ in actions))
        if words == self._words:
            return
        self._words = words
        if self._shown is not None:
            self._column.removeWidget(self._shown)
            self._shown.hide()
            self._shown.deleteLater()
        self._shown = EmptyState(icon, title, text, actions, self._themes, self)
        for label in self._shown.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)  # a file may be called anything
        self._column.addWidget(self._shown)
        self._shown.show()
