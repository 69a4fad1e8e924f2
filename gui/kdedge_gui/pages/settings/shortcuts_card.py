"""The card "Keyboard": every shortcut of the window, as its actions say them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card


@dataclass(frozen=True, slots=True)
class Keys:
    """A shortcut and what it does."""

    keys: str
    does: str


def keys_of(actions: Iterable[QAction]) -> tuple[Keys, ...]:
    """Return the shortcuts of ``actions``, each once."""
    native = QKeySequence.SequenceFormat.NativeText
    found: dict[Keys, None] = {}
    for action in actions:
        text = action.shortcut().toString(native)
        if text and action.text():
            found[Keys(text, action.text().replace("&", "").rstrip("…"))] = None
    return tuple(found)


class ShortcutsCard(Card):
    """Keys on the left, what they do on the right."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Keyboard"))
        self._holder = QWidget(self)
        self._shown: tuple[Keys, ...] = ()
        self.content.addWidget(self._holder)
        self.content.addStretch(1)

    @property
    def shown(self) -> tuple[Keys, ...]:
        """What is listed."""
        return self._shown

    def show_keys(self, keys: Sequence[Keys]) -> None:
        """List ``keys`` and what always holds."""
        wanted = (*keys, *self._everywhere())
        if wanted == self._shown:
            return
        self._shown = wanted
        holder = QWidget(self)
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, each in enumerate(wanted):
            pressed = QLabel(each.keys, holder)
            mark(pressed, "role", "mono")
            does = QLabel(each.does, holder)
            does.setWordWrap(True)
            grid.addWidget(pressed, at, 0)
            grid.addWidget(does, at, 1)
        self.content.replaceWidget(self._holder, holder)
        self._holder.deleteLater()
        self._holder = holder

    def _everywhere(self) -> tuple[Keys, ...]:
        return (
            Keys("Tab", self.tr("Go to the next control")),
            Keys("Alt", self.tr("With an underlined letter: press that button")),
            Keys("Esc", self.tr("Close what lies over the page")),
        )
