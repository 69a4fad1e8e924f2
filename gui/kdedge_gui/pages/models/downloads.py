"""The downloads of this session: how far each is, with pause, resume and what the check said."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.pages.models.download_work import DownloadView, DownloadWork
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.meter import Meter

if TYPE_CHECKING:
    from pathlib import Path

    from kdedge_gui.state import AppState

_KINDS = {"done": "good", "failed": "bad", "paused": "warning"}
_SHOWN_HASH = 16
_SEEN_ROWS = 2
_GAP = 8
_LEAST_HEIGHT = 72
"""At large text in a small window it scrolls rather than taking the list's room."""


class DownloadList(QScrollArea):
    """Hidden while there is no download; two of them are seen at once."""

    arrived = Signal(object)
    """The ``Path`` of a model that is there now."""

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.rows: list[DownloadRow] = []
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget(self)
        inside.setProperty("role", "page")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(_GAP)
        self.setWidget(inside)
        state.themes.changed.connect(self._fit_height)
        self.hide()

    def start(self, reference: str) -> None:
        """Download ``reference``, unless that is under way."""
        known = next((row for row in self.rows if row.work.view.reference == reference), None)
        row = known or self._add(reference)
        row.work.start()

    def add_view(self, view: DownloadView) -> None:
        """Show a download without running it; for pictures."""
        self._add(view.reference).show_view(view)

    def _add(self, reference: str) -> "DownloadRow":
        work = DownloadWork(self._state, reference, self)
        row = DownloadRow(work, self._state.themes, self)
        work.arrived.connect(self._on_arrived)
        row.closed.connect(lambda: self._forget(row))
        self.rows.append(row)
        self._column.addWidget(row)
        self.show()
        self._fit_height()
        return row

    @override
    def sizeHint(self) -> QSize:
        heights = [row.sizeHint().height() for row in self.rows[:_SEEN_ROWS]]
        return QSize(240, sum(heights) + _GAP * max(0, len(heights) - 1))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(240, min(_LEAST_HEIGHT, self.sizeHint().height()))

    def _fit_height(self) -> None:
        self.setMaximumHeight(self.sizeHint().height())
        self.updateGeometry()

    def _on_arrived(self, path: "Path") -> None:
        self.arrived.emit(path)

    def _forget(self, row: "DownloadRow") -> None:
        self.rows.remove(row)
        row.hide()
        row.work.deleteLater()
        row.deleteLater()
        self.setVisible(bool(self.rows))
        self._fit_height()


class DownloadRow(QFrame):
    """One download."""

    closed = Signal()

    def __init__(self, work: DownloadWork, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self.work = work
        self._themes = themes
        self.setProperty("role", "card")
        self._title = QLabel(self)
        self._title.setWordWrap(True)
        self._meter = Meter(themes, self)
        self._meter.setAccessibleName(self.tr("Progress of the download"))
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        mark(self._words, "role", "caption")
        self._pause = QPushButton(self.tr("&Pause"), self)
        self._pause.clicked.connect(work.pause)
        self._resume = QPushButton(self.tr("&Resume"), self)
        self._resume.clicked.connect(work.start)
        self._close = QToolButton(self)
        mark(self._close, "kind", "quiet")
        self._close.setAccessibleName(self.tr("Close this download"))
        self._close.setToolTip(self.tr("Close; what was downloaded is kept"))
        self._close.clicked.connect(self.closed)
        column = QVBoxLayout()
        column.setSpacing(4)
        for widget in (self._title, self._meter, self._words):
            column.addWidget(widget)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 8, 16, 8)
        line.setSpacing(8)
        line.addLayout(column, 1)
        for button in (self._pause, self._resume, self._close):
            line.addWidget(button)
        work.changed.connect(self.show_view)
        themes.changed.connect(self._restyle)
        self._restyle()
        self.show_view(work.view)

    @property
    def text(self) -> str:
        """What is said of the download."""
        return self._words.text()

    def show_view(self, view: DownloadView) -> None:
        """Show ``view``."""
        is_running = view.state in {"asking", "loading", "checking", "pausing"}
        self._title.setText(view.reference)
        fraction = 1.0 if view.state == "done" else view.fraction
        self._meter.set(fraction, view.amount_text(), kind=_KINDS.get(view.state, "info"))
        self._words.setText(self._sentence(view))
        self._pause.setVisible(is_running)
        self._pause.setEnabled(view.state != "pausing")
        self._resume.setVisible(view.state in {"paused", "failed"})
        self._resume.setText(
            self.tr("&Try again") if view.state == "failed" else self.tr("&Resume")
        )
        self._close.setVisible(not is_running)

    def _sentence(self, view: DownloadView) -> str:
        if view.state == "failed" and view.error is not None:
            return f"{view.error.problem} {view.error.hint}"
        sentences = {
            "asking": self.tr("Asks the hub…"),
            "loading": view.rate or self.tr("Downloads…"),
            "checking": self.tr("Compares the checksum with the hub's…"),
            "pausing": self.tr("Pauses…"),
            "paused": self.tr("Paused. What was downloaded is kept."),
            "done": self.tr("It is the file the hub has on record: sha256 {sha256}….").format(
                sha256=view.sha256[:_SHOWN_HASH]
            ),
        }
        return sentences.get(view.state, "")

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._pause.setIcon(icon("pause", theme))
        self._resume.setIcon(icon("play", theme))
        self._close.setIcon(icon("close", theme))
