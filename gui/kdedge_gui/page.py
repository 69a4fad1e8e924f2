"""What every page is: a title, a place for messages, its content, and its command line.

A page shows values it is given; fetching them is the business of the services in ``AppState``.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdedge_gui.qt_override import override
from kdedge_gui.widgets.banner import Banner
from kdedge_gui.widgets.command_strip import CommandStrip

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.state import AppState

_MARGIN = 24
_SPACING = 16


class Page(QWidget):
    """The base of every page; put content into ``body``."""

    name: ClassVar[str] = ""
    """Lower case, also the name of its pictures."""
    title: ClassVar[str] = ""
    """In English; shown translated."""

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.setObjectName(self.name)
        self._title_label = QLabel(self.tr(self.title), self)
        self._title_label.setProperty("role", "title")
        self.setAccessibleName(self.tr(self.title))
        self._header = QHBoxLayout()
        self._header.setSpacing(8)
        self._header.addWidget(self._title_label)
        self._header.addStretch(1)
        self.banner = Banner(state.themes, self)
        self.body = QVBoxLayout()
        self.body.setSpacing(_SPACING)
        self._strip = CommandStrip(state.themes, self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        outer.setSpacing(_SPACING)
        outer.addLayout(self._header)
        outer.addWidget(self.banner)
        outer.addLayout(self.body, 1)
        outer.addWidget(self._strip)

    @property
    def command_text(self) -> str:
        """The command line shown; empty when there is none."""
        return self._strip.text if not self._strip.isHidden() else ""

    def add_header_widget(self, widget: QWidget) -> None:
        """Put ``widget`` at the right end of the header line."""
        self._header.addWidget(widget)

    def set_command(self, words: Sequence[str] | None) -> None:
        """Show the command line that does what the page would do now; none hides it."""
        self._strip.set_words(words)

    def show_error(self, error: "ErrorInfo", *, retry: Callable[[], None] | None = None) -> None:
        """Show what went wrong above the content; ``retry`` becomes a button."""
        self.banner.show_error(error, retry)

    def entered(self, payload: object = None) -> None:
        """Told when the page becomes visible, with what ``state.page_wanted`` carried."""

    def left(self) -> None:
        """Told when another page becomes visible."""

    def page_actions(self) -> list[QAction]:
        """Return what the command palette offers of this page."""
        return []

    def close_page(self) -> None:
        """Told when the window closes: stop timers, threads and processes of the page's own."""

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._title_label.setText(self.tr(self.title))
        super().changeEvent(event)
