"""The model row: which model is loaded, which one could be, and what that would take."""

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from kdedge_gui.numbers import percent_text
from kdedge_gui.pages.assistant.model_view import ModelView
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.pill import Pill

if TYPE_CHECKING:
    from pathlib import Path

_LEAST_LETTERS = 12
_WIDEST_LETTERS = 64


class ModelPicker(QWidget):
    """The list of models with Load and Unload; fits into the page's header."""

    picked = Signal(object)
    """The ``Path`` of the model that was picked."""
    load_wanted = Signal()
    unload_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._paths: list[Path] = []
        self._list = _ModelList(self)
        self._list.setAccessibleName(self.tr("Model"))
        self._list.setPlaceholderText(self.tr("No model on this machine"))
        self._list.activated.connect(self._on_activated)
        self._load = QPushButton(self.tr("&Load"), self)
        mark(self._load, "kind", "primary")
        self._load.clicked.connect(lambda _=False: self.load_wanted.emit())
        self._unload = QPushButton(self.tr("&Unload"), self)
        self._unload.clicked.connect(lambda _=False: self.unload_wanted.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._list, 1)
        row.addWidget(self._load)
        row.addWidget(self._unload)

    def show_view(self, view: ModelView) -> None:
        """Show ``view``."""
        paths = [choice.path for choice in view.choices]
        labels = [choice.label for choice in view.choices]
        with QSignalBlocker(self._list):
            if labels != [self._list.itemText(at) for at in range(self._list.count())]:
                self._list.clear()
                self._list.addItems(labels)
            self._paths = paths
            position = paths.index(view.picked) if view.picked in paths else -1
            self._list.setCurrentIndex(position)
            self._list.setToolTip(html.escape(labels[position]) if position >= 0 else "")
        self._list.setEnabled(bool(paths) and not view.is_loading)
        self._load.setVisible(not view.can_unload)
        self._load.setEnabled(view.can_load)
        self._load.setText(self.tr("&Load anyway") if view.warning else self.tr("&Load"))
        self._unload.setVisible(view.can_unload)

    def _on_activated(self, position: int) -> None:
        if 0 <= position < len(self._paths):
            self.picked.emit(self._paths[position])


class _ModelList(QComboBox):
    """As wide as its longest line where there is room, and narrow where there is none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        widest = self.fontMetrics().averageCharWidth() * _WIDEST_LETTERS
        hint = super().sizeHint()
        return QSize(max(self.minimumSizeHint().width(), min(hint.width(), widest)), hint.height())

    @override
    def minimumSizeHint(self) -> QSize:
        least = self.fontMetrics().averageCharWidth() * _LEAST_LETTERS
        return QSize(least, super().minimumSizeHint().height())


class LoadStrip(QWidget):
    """Below the header: the forecast for a model that is picked, or the progress of loading."""

    stop_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._pill = Pill(themes, self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._words, "role", "caption")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._bar.setAccessibleName(self.tr("Progress of loading"))
        self._stop = QPushButton(self.tr("S&top loading"), self)
        self._stop.clicked.connect(lambda _=False: self.stop_wanted.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._pill)
        row.addWidget(self._words, 3)
        row.addWidget(self._bar, 2)
        row.addWidget(self._stop)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """What is said."""
        return self._words.text()

    def show_view(self, view: ModelView) -> None:
        """Show ``view``."""
        for widget in (self._bar, self._stop):
            widget.setVisible(view.is_loading)
        if view.is_loading:
            self._show_loading(view)
            return
        forecast = view.forecast if view.can_load else None
        warning = view.warning if view.can_load else ""
        self._pill.setVisible(forecast is not None and bool(forecast.word))
        if forecast is not None and forecast.word:
            self._pill.set(forecast.word, forecast.kind)
        said = self.tr("Last time: {words}").replace("{words}", warning) if warning else ""
        parts = [said, forecast.text if forecast is not None else ""]
        self._words.setText(" ".join(part for part in parts if part))
        self.setVisible(any(parts))

    def _show_loading(self, view: ModelView) -> None:
        self.setVisible(True)
        self._pill.setVisible(False)
        known = view.fraction is not None
        name = next((each.name for each in view.choices if each.path == view.loaded), "")
        name = name or (view.loaded.stem if view.loaded is not None else "")
        self._bar.setRange(0, 1000 if known else 0)
        self._bar.setValue(round(1000 * (view.fraction or 0.0)))
        share = f" {percent_text(view.fraction, decimals=0)}" if known else ""
        self._words.setText(self.tr("Loading {name}…").replace("{name}", name) + share)

    def _restyle(self) -> None:
        self._stop.setIcon(icon("stop", self._themes.theme))
