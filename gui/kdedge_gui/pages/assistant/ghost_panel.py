"""What Complete and Fill in the middle have in common: a suggestion at the end of an editor."""

from typing import TYPE_CHECKING, ClassVar, Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.engine.ask import Ask, Finished
from kdedge_gui.pages.assistant.generation import Generation
from kdedge_gui.pages.assistant.ghost_editor import GhostEditor
from kdedge_gui.pages.assistant.latencies import Latencies
from kdedge_gui.pages.assistant.parameters import Parameters
from kdedge_gui.pages.assistant.words import stats_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import coloured_icon, icon
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from kdedge_gui.state import AppState


_TABLE_ROWS = ((28, 4), (22, 2), (0, 0))
"""From so many lines of height on, so many rows."""


class GhostPanel(QWidget):
    """The buttons and numbers; a subclass puts its editors into ``editors`` and says the question.

    Asking the same again takes the next seed, so that there is something else to see.
    """

    kind: ClassVar[Literal["completion", "fill"]] = "completion"
    started = Signal(object)
    """A ``Generation``."""

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.parameters = Parameters()
        self.editor = GhostEditor(state.themes, state.background, self)
        self.latencies = Latencies(state.themes, self)
        self._generation: Generation | None = None
        self._asked: tuple[str, str] | None = None
        self._n_again = 0
        self._generate = self._button(self.tr("&Generate"), kind="primary")
        self._generate.setToolTip(self.tr("Ctrl+Enter"))
        self._generate.clicked.connect(lambda _=False: self.generate())
        self._stop = self._button(self.tr("S&top"))
        self._stop.setToolTip(self.tr("Esc"))
        self._stop.clicked.connect(lambda _=False: self.stop())
        self._accept = self._button(self.tr("&Accept"))
        self._accept.setToolTip(self.tr("Tab"))
        self._accept.clicked.connect(lambda _=False: self._accept_ghost())
        self._drop = self._button(self.tr("&Discard"), kind="quiet")
        self._drop.setToolTip(self.tr("Esc"))
        self._drop.clicked.connect(lambda _=False: self._drop_ghost())
        self.one_line = QCheckBox(self.tr("One li&ne only"), self)
        self._caption = QLabel(self)
        self._caption.setWordWrap(True)
        mark(self._caption, "role", "caption")
        self.editors = QVBoxLayout()
        self.editors.setSpacing(8)
        self._lay_out()
        self._connect()
        self._show_buttons()
        self._restyle()

    @property
    def is_generating(self) -> bool:
        """Whether a suggestion is being written."""
        return self._generation is not None

    @property
    def caption(self) -> str:
        """What is said beside the buttons."""
        return self._caption.text()

    @property
    def suffix(self) -> str:
        """What comes after the gap; empty where there is none."""
        return ""

    def question(self) -> Ask:
        """Return what the engine is to be asked."""
        asked = self.parameters
        return Ask(
            kind=self.kind,
            text=self.editor.own_text,
            suffix=self.suffix,
            temperature=asked.temperature,
            top_k=asked.top_k,
            top_p=asked.top_p,
            min_p=asked.min_p,
            seed=asked.seed + self._n_again,
            max_tokens=asked.max_tokens,
            stop=("\n",) if self.one_line.isChecked() else (),
        )

    def generate(self) -> None:
        """Ask for a suggestion, in place of the one that is there."""
        if self._state.engine.state != "ready" or self.is_generating:
            return
        self.editor.begin_ghost()
        self._count_repeats()
        generation = Generation(self._state.engine, self.question(), parent=self)
        generation.text.connect(self.editor.append_ghost)
        generation.finished.connect(self._on_finished)
        generation.cut_off.connect(self._on_cut_off)
        self._generation = generation
        self.say(self.tr("Writing…"))
        self._show_buttons()
        self.editor.setFocus()
        self.started.emit(generation)

    def stop(self) -> None:
        """End the suggestion; what is written so far stays on offer."""
        if self._generation is not None:
            self._generation.stop()

    def set_words(self, words: str) -> None:
        """Put ``words`` on the button that asks for a suggestion."""
        self._generate.setText(words)

    def refresh(self) -> None:
        """The engine's state is another."""
        self._show_buttons()

    def say(self, text: str) -> None:
        """Show ``text`` beside the buttons."""
        self._caption.setText(text)

    def show_suggestion(self, text: str, finished: Finished) -> None:
        """Show a suggestion that was made before, with what it took."""
        self.editor.begin_ghost()
        self.editor.append_ghost(text)
        self._end(finished)

    def _count_repeats(self) -> None:
        asked = (self.editor.own_text, self.suffix)
        self._n_again = self._n_again + 1 if asked == self._asked else 0
        self._asked = asked

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.make_room()

    @property
    def height_lines(self) -> int:
        """How many lines of text the panel is high."""
        return self.height() // self.fontMetrics().lineSpacing()

    def make_room(self) -> None:
        """The editors come first: the table gets what a small window leaves."""
        rows = next(rows for least, rows in _TABLE_ROWS if self.height_lines >= least)
        self.latencies.show_rows(rows)

    def _on_finished(self, finished: Finished) -> None:
        self._generation = None
        self._end(finished)

    def _end(self, finished: Finished) -> None:
        self.latencies.add(finished)
        if not self.editor.has_ghost:
            self.say("")
        elif self.editor.ghost_text:
            taken = self.tr("Tab accepts, any other key drops it.")
            self.say(f"{stats_text(finished)} · {taken}")
        else:
            self.editor.drop_ghost()
            self.say(self.tr("The model has nothing to add here."))
        self._show_buttons()

    def _on_cut_off(self) -> None:
        is_stopped = self._generation is not None and self._generation.is_stopped
        lost = self.tr("The model was lost before the end of the suggestion.")
        self.say(self.tr("stopped by you") if is_stopped else lost)
        self._generation = None
        if not self.editor.ghost_text:
            self.editor.drop_ghost()
        self._show_buttons()

    def _on_ghost_gone(self) -> None:
        if self._generation is not None:
            self._generation.stop()
        else:
            self.say("")
        self._show_buttons()

    def _accept_ghost(self) -> None:
        self.editor.accept_ghost()
        self.editor.setFocus()

    def _drop_ghost(self) -> None:
        self.editor.drop_ghost()
        self.editor.setFocus()

    def _show_buttons(self) -> None:
        has_text = bool(self.editor.ghost_text)
        self._generate.setVisible(not self.is_generating)
        self._generate.setEnabled(self._state.engine.state == "ready")
        self._stop.setVisible(self.is_generating)
        self._accept.setVisible(has_text)
        self._drop.setVisible(has_text and not self.is_generating)

    def _connect(self) -> None:
        self.editor.wanted.connect(self.generate)
        self.editor.accepted.connect(self._on_ghost_gone)
        self.editor.dropped.connect(self._on_ghost_gone)
        self.editor.textChanged.connect(self._show_buttons)
        self._state.themes.changed.connect(self._restyle)

    def _button(self, words: str, *, kind: str = "") -> QPushButton:
        button = QPushButton(words, self)
        mark(button, "kind", kind)
        return button

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (self._generate, self._stop, self._accept, self._drop, self.one_line):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self.editors, 1)
        column.addLayout(row)
        column.addWidget(self._caption)
        column.addWidget(self.latencies)

    def _restyle(self) -> None:
        theme = self._state.themes.theme
        self._generate.setIcon(coloured_icon("play", theme.on_accent))
        self._stop.setIcon(icon("stop", theme))
        self._accept.setIcon(icon("check", theme))
        self._drop.setIcon(icon("cross", theme))
