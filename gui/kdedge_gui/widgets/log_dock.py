"""What the jobs and the app itself say in their logs: the newest lines, cheaply.

Lines are kept while the dock is hidden and drawn in batches, so that a job that floods its log
costs the window next to nothing; what was too much is counted, not drawn.
"""

from collections import deque

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.numbers import count_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager

_KEPT_LINES = 5000
_LONGEST_LINE = 2000
_EVERY_MS = 100
_LINES_AT_ONCE = 400
_LEAST_LINES = 5


class LogDock(QDockWidget):
    """A dock at the lower edge; ``append`` may be called with several lines in one text."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._lines: deque[tuple[str, str]] = deque(maxlen=_KEPT_LINES)
        self._n_new = 0
        self._n_skipped = 0
        self.setObjectName("log")
        self.setWindowTitle(self.tr("Log"))
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self._source = QComboBox(self)
        self._source.addItem(self.tr("Everything"), "")
        self._source.setAccessibleName(self.tr("Whose log is shown"))
        self._source.currentIndexChanged.connect(self._draw_all)
        self.view = QPlainTextEdit(self)
        self.view.setReadOnly(True)
        self.view.setProperty("role", "code")
        self.view.setMaximumBlockCount(_KEPT_LINES)
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.view.setUndoRedoEnabled(False)
        self.view.setAccessibleName(self.tr("Log lines, the newest last"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._draw_new)
        self._copy = QPushButton(self.tr("Copy"), self)
        self._clear = QPushButton(self.tr("Clear"), self)
        self._close = QToolButton(self)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()

    def append(self, source: str, text: str) -> None:
        """Add lines that ``source`` (a job's title, or the app) has written."""
        if self._source.findData(source) < 0:
            self._source.addItem(source, source)
        for line in text.split("\n"):
            shown = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"
            self._lines.append((source, shown))
            self._n_new += 1
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def clear(self) -> None:
        """Forget all lines."""
        self._lines.clear()
        self._n_new = 0
        self.view.clear()

    def copy(self) -> None:
        """Put the lines shown on the clipboard."""
        QGuiApplication.clipboard().setText(self.view.toPlainText())

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_all()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _draw_new(self) -> None:
        n_new = min(self._n_new, len(self._lines))
        skipped = self._n_new - min(n_new, _LINES_AT_ONCE)
        self._n_new = 0
        newest = list(self._lines)[-min(n_new, _LINES_AT_ONCE) :] if n_new else []
        wanted = [text for source, text in newest if self._is_shown(source)]
        if skipped:
            words = self.tr("… {n} lines are left out").replace("{n}", count_text(skipped))
            wanted.insert(0, words)
        if wanted:
            self.view.appendPlainText("\n".join(wanted))

    def _draw_all(self) -> None:
        self._n_new = 0
        lines = [text for source, text in self._lines if self._is_shown(source)]
        self.view.setPlainText("\n".join(lines))
        bar = self.view.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _is_shown(self, source: str) -> bool:
        chosen = self._source.currentData()
        return not chosen or chosen == source

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._copy.setIcon(icon("copy", theme))
        self._close.setIcon(icon("close", theme))
        self.view.setMinimumHeight(self.view.fontMetrics().lineSpacing() * _LEAST_LINES)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Log"), self)
        title.setProperty("role", "subtitle")
        for button in (self._copy, self._clear, self._close):
            button.setProperty("kind", "quiet")
        self._copy.setAccessibleName(self.tr("Copy the log"))
        self._copy.clicked.connect(self.copy)
        self._clear.setAccessibleName(self.tr("Clear the log"))
        self._clear.clicked.connect(self.clear)
        self._close.setAccessibleName(self.tr("Close the log"))
        self._close.clicked.connect(self.close)
        content = QWidget(self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(title)
        row.addWidget(self._source)
        row.addStretch(1)
        for button in (self._copy, self._clear, self._close):
            row.addWidget(button)
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        self.setTitleBarWidget(QWidget(self))  # the content has its own
        self.setWidget(content)
