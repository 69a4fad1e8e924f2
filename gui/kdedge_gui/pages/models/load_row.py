"""Load and unload the model that is chosen; says what stands in the way and never forbids it."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.flow_layout import FlowLayout

_BUSY = {"starting", "loading", "stopping"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadView:
    """How the chosen model and the engine stand to one another."""

    state: str = "empty"
    """Of the engine, if it holds the chosen model; else ``empty``."""
    fraction: float | None = None
    """How much is read, while it loads."""
    other: str = ""
    """The name of another model that the engine holds."""
    warning: str = ""
    """Why loading may go wrong: it does not fit, or it took the engine down before."""


class LoadRow(QWidget):
    """One button that loads, cancels or unloads, and a word on it."""

    load_wanted = Signal()
    unload_wanted = Signal()
    stop_wanted = Signal()
    assistant_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._view = LoadView()
        self._is_usable = True
        self._load = QPushButton(self)
        mark(self._load, "kind", "primary")
        self._load.clicked.connect(self.load_wanted)
        self._unload = QPushButton(self.tr("&Unload"), self)
        self._unload.clicked.connect(self.unload_wanted)
        self._stop = QPushButton(self.tr("&Stop loading"), self)
        self._stop.clicked.connect(self.stop_wanted)
        self._talk = QPushButton(self.tr("Open the a&ssistant"), self)
        mark(self._talk, "kind", "primary")
        self._talk.clicked.connect(self.assistant_wanted)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(self.tr("Progress of loading"))
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._buttons = FlowLayout()
        for button in (self._talk, self._load, self._unload, self._stop):
            self._buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._buttons)
        column.addWidget(self._bar)
        column.addWidget(self._words)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_view(LoadView())

    @property
    def text(self) -> str:
        """What is said below the buttons."""
        return self._words.text()

    def add_button(self, button: QWidget) -> None:
        """Put another button behind the others."""
        self._buttons.addWidget(button)

    def set_usable(self, is_usable: bool) -> None:
        """Offer to load only what is a model at all."""
        self._is_usable = is_usable
        self.show_view(self._view)

    def show_view(self, view: LoadView) -> None:
        """Show ``view``."""
        self._view = view
        is_busy, is_here = view.state in _BUSY, view.state in {"ready", "generating"}
        self._load.setVisible(self._is_usable and not is_busy and not is_here)
        self._load.setText(self.tr("&Load anyway") if view.warning else self.tr("&Load"))
        self._unload.setVisible(is_here)
        self._talk.setVisible(is_here)
        self._stop.setVisible(is_busy)
        self._stop.setEnabled(view.state != "stopping")
        self._bar.setVisible(is_busy)
        known = view.fraction is not None
        self._bar.setRange(0, 1000 if known else 0)
        self._bar.setValue(round(1000 * (view.fraction or 0.0)))
        text = self._sentence(view)
        self._words.setText(text)
        self._words.setVisible(bool(text))

    def _sentence(self, view: LoadView) -> str:
        if view.state == "stopping":
            return self.tr("Stopping…")
        if view.state in _BUSY:
            return self.tr("Loading…")
        if view.state in {"ready", "generating"}:
            return self.tr("It is loaded; what is free is what is left beside it.")
        takes_over = self.tr("It takes the place of {name}, which is loaded.")
        place = takes_over.format(name=view.other) if view.other else ""
        return " ".join(part for part in (view.warning, place) if part)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._stop.setIcon(icon("stop", theme))
