"""One answer in the transcript: prose and code blocks that grow while it comes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kdedge_gui.pages.assistant.markdown import Appended, BlockSplitter, Opened, Piece
from kdedge_gui.pages.assistant.prose_view import ProseView
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.code_view import CodeView
from kdedge_gui.widgets.visible_text import visible_text

if TYPE_CHECKING:
    from kdedge_gui.background import Background

_RUNNABLE = {"python", "py", "python3"}


class AnswerView(QWidget):
    """An answer: begin it, append to it, finish it."""

    run_wanted = Signal(object)
    """The ``CodeView`` whose program is to be run."""
    again_wanted = Signal()
    failed = Signal(object)
    """An ``ErrorInfo``: a block was not saved."""
    noted = Signal(str)
    """One line for the status bar."""

    def __init__(
        self, themes: ThemeManager, background: "Background", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._themes = themes
        self._background = background
        self._splitter = BlockSplitter()
        self._pieces: list[str] = []
        self._block: ProseView | CodeView | None = None
        self.code_views: list[CodeView] = []
        self._can_run = False
        self._name = QLabel(self)
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._name, "role", "caption")
        self._caption = QLabel(self)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._caption, "role", "caption")
        self._caption.setWordWrap(True)
        self._copy = self._button(self.tr("Copy"), self.copy)
        self._copy.setAccessibleName(self.tr("Copy the answer"))
        self._again = self._button(self.tr("&Regenerate"), self.again_wanted.emit)
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """The answer as the model wrote it."""
        return "".join(self._pieces)

    @property
    def model_name(self) -> str:
        """Which model answers."""
        return self._name.text()

    @property
    def caption(self) -> str:
        """What stands below the answer."""
        return self._caption.text()

    def begin(self, *, name: str, can_run: bool) -> None:
        """Say that the model reads the question.

        Args:
            name: Of the model.
            can_run: Python blocks get Run.
        """
        self._name.setText(name)
        self._name.setVisible(bool(name))
        self._can_run = can_run
        self._caption.setText(self.tr("Reading the question…"))

    def append(self, text: str) -> None:
        """Put ``text`` at the end."""
        if not self._pieces:
            self._caption.setText(self.tr("Writing…"))
        self._pieces.append(text)
        self._show(self._splitter.feed(text))

    def finish(self, caption: str) -> None:
        """The answer is complete; ``caption`` says how it was made or why it ended."""
        self._show(self._splitter.finish())
        self._caption.setText(caption)
        self._caption.setVisible(bool(caption))
        self._copy.setVisible(bool(self._pieces))

    def set_can_answer(self, can_answer: bool) -> None:
        """A model is there to answer again, or not."""
        self._again.setEnabled(can_answer)

    def set_last(self, is_last: bool) -> None:
        """Only the last answer can be generated again."""
        self._again.setVisible(is_last)

    def copy(self) -> None:
        """Put the answer into the clipboard, as Markdown; what cannot be seen is spelt out."""
        QGuiApplication.clipboard().setText(visible_text(self.text))

    def _show(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Opened):
                self._block = self._new_block(piece)
                self._blocks.addWidget(self._block)
            elif isinstance(piece, Appended):
                assert self._block is not None
                self._block.append(piece.text)
            else:
                assert self._block is not None
                self._block.finish()
                self._show_run(self._block)
                self._block = None

    def _show_run(self, block: "ProseView | CodeView") -> None:
        """A program can be run once it is whole."""
        if isinstance(block, CodeView):
            block.set_runnable(self._can_run and block.language in _RUNNABLE)

    def _new_block(self, opened: Opened) -> "ProseView | CodeView":
        if opened.kind == "prose":
            prose = ProseView(self._themes, self)
            prose.setAccessibleName(self.tr("Part of the answer"))
            return prose
        code = CodeView(self._themes, self._background, self, language=opened.language)
        code.run_wanted.connect(lambda _: self.run_wanted.emit(code))
        code.failed.connect(self.failed)
        code.saved.connect(self._say_saved)
        self.code_views.append(code)
        return code

    def _say_saved(self, path: str) -> None:
        self.noted.emit(self.tr("Saved as {path}.").replace("{path}", path))

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        mark(button, "kind", "quiet")
        button.clicked.connect(lambda _=False: act())
        button.hide()
        return button

    def _lay_out(self) -> None:
        self._blocks = QVBoxLayout()
        self._blocks.setSpacing(12)
        footer = QHBoxLayout()
        footer.setSpacing(4)
        footer.addWidget(self._caption, 1)
        footer.addWidget(self._copy)
        footer.addWidget(self._again)
        column = QVBoxLayout(self)
        # Grow before the blocks are laid out, or they are squeezed and painted in between.
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._name)
        column.addLayout(self._blocks)
        column.addLayout(footer)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._copy.setIcon(icon("copy", theme))
        self._again.setIcon(icon("refresh", theme))
