"""A block of code to read: its language, Copy, Save and, where it makes sense, Run.

Text may be put in at once or as it comes; colours are added when the block is complete. What Copy,
Save and Run take is what is shown.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kdedge.core.files import write_text
from kdedge_gui.background import Background
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.fitting_text import FittingText
from kdedge_gui.widgets.highlighter import Highlighter

_RADIUS = 6
_MARGIN = 12
_FILE_ENDINGS = {
    "python": ".py", "py": ".py", "python3": ".py", "bash": ".sh", "sh": ".sh", "shell": ".sh",
    "c": ".c", "cpp": ".cpp", "c++": ".cpp", "csharp": ".cs", "css": ".css", "diff": ".diff",
    "go": ".go", "html": ".html", "java": ".java", "javascript": ".js", "js": ".js",
    "json": ".json", "kotlin": ".kt", "lua": ".lua", "php": ".php", "ruby": ".rb", "rust": ".rs",
    "sql": ".sql", "swift": ".swift", "toml": ".toml", "typescript": ".ts", "ts": ".ts",
    "yaml": ".yaml", "xml": ".xml",
}  # fmt: skip


class CodeView(QFrame):
    """Code as plain text on its own ground; it is as high as its lines."""

    run_wanted = Signal(str)
    """The user wants this program run."""
    failed = Signal(object)
    """An ``ErrorInfo``: the file was not saved."""
    saved = Signal(str)
    """The path of the file that was written."""

    def __init__(
        self,
        themes: ThemeManager,
        background: Background,
        parent: QWidget | None = None,
        *,
        language: str = "",
    ) -> None:
        """Begin empty.

        Args:
            themes: For colours and icons.
            background: Reads the code for its colours, and writes files.
            parent: Qt's parent.
            language: As a fence says it; shown, and chooses the colours.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._themes = themes
        self._background = background
        self._language = language
        self._highlighter: Highlighter | None = None
        self._footer: QWidget | None = None
        self.text_view = FittingText(self, wraps=False)
        self.text_view.setProperty("role", "mono")
        self._label = QLabel(self)
        self._label.setProperty("role", "caption")
        self._copy = self._button(self.tr("Copy"), self.copy)
        self._save = self._button(self.tr("Save…"), self._choose_file)
        self._run = self._button(self.tr("Run"), self.run)
        self._run.hide()
        self._lay_out()
        self._show_language()
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """The code as it is shown."""
        return self.text_view.shown_text

    @property
    def language(self) -> str:
        """What the fence said."""
        return self._language

    def set_code(self, text: str, *, language: str) -> None:
        """Show ``text`` whole, with its colours."""
        self._language = language
        self._show_language()
        self._forget_colours()
        self.text_view.set_text(text)
        self.finish()

    def append(self, text: str) -> None:
        """Put ``text`` at the end; colours come with ``finish``."""
        self.text_view.append_text(text)

    def finish(self) -> None:
        """The code is complete: colour it."""
        if self._highlighter is None:
            document = self.text_view.document()
            self._highlighter = Highlighter(document, self._themes, self._background)
        self._highlighter.read(self._language)

    def set_runnable(self, runnable: bool) -> None:
        """Show or hide Run."""
        self._run.setVisible(runnable)

    @property
    def can_run(self) -> bool:
        """Whether Run is offered."""
        return not self._run.isHidden()

    def run(self) -> None:
        """Ask for the program to be run."""
        self.run_wanted.emit(self.text)

    def set_running(self, running: bool) -> None:
        """Run cannot be pressed while the program runs."""
        self._run.setEnabled(not running)

    def set_footer(self, widget: QWidget | None) -> None:
        """Put ``widget`` below the code, in place of an earlier one."""
        if self._footer is not None:
            self._footer.deleteLater()
        self._footer = widget
        if widget is not None:
            self._column.addWidget(widget)

    @property
    def footer(self) -> QWidget | None:
        """What stands below the code."""
        return self._footer

    def copy(self) -> None:
        """Put the code into the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def save(self, path: Path) -> None:
        """Write the code to ``path`` in the background."""
        text = self.text if self.text.endswith("\n") else self.text + "\n"
        self._background.run(
            lambda: write_text(path, text),
            owner=self,
            done=lambda _: self.saved.emit(str(path)),
            failed=self.failed.emit,
        )

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before = event.oldSize()
        if before.width() != self.width():
            self.update()
        else:  # only the lower edge has moved
            self.update(0, before.height() - _RADIUS, self.width(), _RADIUS)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._themes.theme
        painter = QPainter(self)
        dirty = event.rect()
        if dirty.top() > _RADIUS and dirty.bottom() < self.height() - _RADIUS:
            # Away from the corners, as nearly always while text comes: much cheaper.
            painter.fillRect(dirty, QColor(theme.code_background))
            for column in (0, self.width() - 1):
                painter.fillRect(column, dirty.top(), 1, dirty.height(), QColor(theme.line))
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(theme.line))
            painter.setBrush(QColor(theme.code_background))
            area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        painter.end()

    def _choose_file(self) -> None:
        ending = _FILE_ENDINGS.get(self._language, ".txt")
        dialog = QFileDialog(self, self.tr("Save this code"), f"code{ending}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.save(Path(chosen)))
        dialog.open()

    def _forget_colours(self) -> None:
        if self._highlighter is not None:
            self._highlighter.forget()
            self._highlighter.show(())

    def _show_language(self) -> None:
        shown = self._language or self.tr("code")
        self._label.setText(shown)
        self.text_view.setAccessibleName(self.tr("Code: {language}").format(language=shown))

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("kind", "quiet")
        button.clicked.connect(lambda _=False: act())
        return button

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(_MARGIN, 4, 4, 0)
        header.setSpacing(0)
        header.addWidget(self._label, 1)
        for button in (self._run, self._copy, self._save):
            header.addWidget(button)
        body = QVBoxLayout()
        body.setContentsMargins(_MARGIN, 4, _MARGIN, _MARGIN)
        body.addWidget(self.text_view)
        self._column = QVBoxLayout(self)
        # Grow before the children are laid out, or they are squeezed and painted in between.
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._column.setSpacing(0)
        self._column.addLayout(header)
        self._column.addLayout(body)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._copy.setIcon(icon("copy", theme))
        self._save.setIcon(icon("save", theme))
        self._run.setIcon(icon("play", theme))
        self.update()
