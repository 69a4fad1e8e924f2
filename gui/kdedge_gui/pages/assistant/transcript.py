"""The conversation as it is read: questions and answers in a column that follows the newest."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from kdedge_gui.pages.assistant.answer_view import AnswerView
from kdedge_gui.pages.assistant.conversation import Conversation, Turn
from kdedge_gui.pages.assistant.question_view import QuestionView
from kdedge_gui.pages.assistant.words import stats_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

if TYPE_CHECKING:
    from kdedge_gui.background import Background

_WIDEST_LETTERS = 130
"""Longer lines are hard to read."""
_NEAR_BOTTOM = 8
_AT_ONCE = 6
"""Turns shown at once; each takes a few milliseconds."""
_PORTION = 2
_PORTION_EVERY_MS = 10
_SETTLED_MS = 200
"""So long after the last portion, all of it has its place."""
_SIDE = 16
_ABOVE = 4
"""Keeps the painted ground away from the round corners."""


class Transcript(QScrollArea):
    """Follows the end while the reader is there, and stays where the reader has gone."""

    run_wanted = Signal(object)
    """The ``CodeView`` whose program is to be run."""
    again_wanted = Signal()
    edit_wanted = Signal()
    failed = Signal(object)
    """An ``ErrorInfo``."""
    noted = Signal(str)
    """One line for the status bar."""

    def __init__(
        self, themes: ThemeManager, background: "Background", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._background = background
        self.can_run = False
        """Python blocks of answers get Run."""
        self._turns: list[QuestionView | AnswerView] = []
        self._can_answer = False
        self._follows = True
        self._is_moving = False
        self._is_growing_above = False
        self._from_end = 0
        """Of what is in view; kept while turns are put above it."""
        self._unshown: tuple[Turn, ...] = ()
        """Earlier turns that are not shown yet."""
        self._ground = _Ground(themes)
        self._column = QVBoxLayout()
        self._middle = QWidget(self._ground)
        self._lay_out()
        self._next_portion = self._timer(_PORTION_EVERY_MS, self._show_earlier)
        self._settled = self._timer(_SETTLED_MS, self._end_growth)
        self._follow_soon = self._timer(0, self._go_to_end)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)
        self.verticalScrollBar().valueChanged.connect(self._on_value)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return not self._turns and not self._unshown

    @property
    def answers(self) -> list[AnswerView]:
        """The answers, the oldest first."""
        return [turn for turn in self._turns if isinstance(turn, AnswerView)]

    @property
    def questions(self) -> list[QuestionView]:
        """The questions, the oldest first."""
        return [turn for turn in self._turns if isinstance(turn, QuestionView)]

    def show_conversation(self, conversation: Conversation) -> None:
        """Show ``conversation`` in place of what is there, and go to its end.

        The last turns are there at once; those before them come in small portions, so that a long
        conversation never holds up the window.
        """
        self.remove_from(0)
        self._unshown = conversation.turns[:-_AT_ONCE]
        for turn in conversation.turns[-_AT_ONCE:]:
            self._add(self._view_of(turn))
        self.mark_last()
        self._follows = True
        self._await_earlier()

    def add_question(self, text: str) -> None:
        """Show a question at the end, and go there."""
        self._follows = True
        self._add(self._new_question(text))

    def add_answer(self, *, name: str) -> AnswerView:
        """Return an answer at the end, begun and empty."""
        answer = self._new_answer(name)
        self._add(answer)
        return answer

    def remove_from(self, position: int) -> None:
        """Take away the turns from number ``position`` on."""
        first = max(0, position - len(self._unshown))
        self._unshown = self._unshown[:position]
        for turn in self._turns[first:]:
            self._column.removeWidget(turn)
            turn.hide()
            turn.deleteLater()
        del self._turns[first:]

    def mark_last(self, *, is_idle: bool = True) -> None:
        """Offer to edit the last question, and to have it answered again, if idle."""
        last = self._turns[-1] if is_idle and self._turns else None
        for answer in self.answers:
            answer.set_last(answer is last)
        questions = self.questions
        for question in questions:
            can_edit = is_idle and question is questions[-1]
            question.set_last(can_edit, is_unanswered=question is last)

    def set_can_answer(self, can_answer: bool) -> None:
        """A model is there to answer again, or not."""
        self._can_answer = can_answer
        for turn in self._turns:
            turn.set_can_answer(can_answer)

    def _add(self, turn: QuestionView | AnswerView, *, is_first: bool = False) -> None:
        self._turns.insert(0 if is_first else len(self._turns), turn)
        turn.set_can_answer(self._can_answer)
        # The last item of the column is the room below.
        self._column.insertWidget(0 if is_first else self._column.count() - 1, turn)

    def _view_of(self, turn: Turn) -> QuestionView | AnswerView:
        """Return what shows a turn that is complete."""
        if turn.role == "user":
            return self._new_question(turn.text)
        answer = self._new_answer(turn.model)
        answer.append(turn.text)
        answer.finish(stats_text(turn.stats) if turn.stats is not None else "")
        return answer

    def _new_question(self, text: str) -> QuestionView:
        question = QuestionView(text, self._themes, self._middle)
        question.edit_wanted.connect(self.edit_wanted)
        question.again_wanted.connect(self.again_wanted)
        return question

    def _new_answer(self, name: str) -> AnswerView:
        answer = AnswerView(self._themes, self._background, self._middle)
        answer.run_wanted.connect(self.run_wanted)
        answer.again_wanted.connect(self.again_wanted)
        answer.failed.connect(self.failed)
        answer.noted.connect(self.noted)
        answer.begin(name=name, can_run=self.can_run)
        return answer

    def _await_earlier(self) -> None:
        if self._unshown:
            self._is_growing_above = True
            self._next_portion.start()
        elif self._is_growing_above:
            self._settled.start()

    def _timer(self, after_ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=after_ms)
        timer.timeout.connect(act)
        return timer

    def _end_growth(self) -> None:
        self._is_growing_above = bool(self._unshown)

    def _show_earlier(self) -> None:
        """Show some more turns above the others; what is in view stays in view."""
        self._unshown, portion = self._unshown[:-_PORTION], self._unshown[-_PORTION:]
        for turn in reversed(portion):
            self._add(self._view_of(turn), is_first=True)
        self._await_earlier()

    def _on_value(self, value: int) -> None:
        if not self._is_moving:
            self._from_end = self.verticalScrollBar().maximum() - value
            self._follows = self._from_end <= _NEAR_BOTTOM

    def _on_range(self, _: int, maximum: int) -> None:
        if self._follows:
            # Not at once: with nothing left to paint, pixels are moved, not painted again.
            self._follow_soon.start()
        elif not self._follows and self._is_growing_above:
            self._go_to(maximum - self._from_end)

    def _go_to_end(self) -> None:
        if self._follows:
            self._go_to(self.verticalScrollBar().maximum())

    def _go_to(self, value: int) -> None:
        self._is_moving = True
        self.verticalScrollBar().setValue(value)
        self._is_moving = False

    def _lay_out(self) -> None:
        self._column.setContentsMargins(0, _SIDE - _ABOVE, _SIDE, _SIDE - _ABOVE)
        self._column.setSpacing(24)
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        self._column.addStretch(1)
        self._middle.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self._middle.setLayout(self._column)
        row = QHBoxLayout(self._ground)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._middle, 1000)
        row.addStretch(1)
        self.setWidget(self._ground)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setWidgetResizable(True)
        mark(self, "role", "card")
        self.setViewportMargins(_SIDE, _ABOVE, _ABOVE, _ABOVE)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))

    def _restyle(self) -> None:
        widest = self.fontMetrics().averageCharWidth() * _WIDEST_LETTERS
        self._middle.setMaximumWidth(widest)
        self._ground.update()


class _Ground(QWidget):
    """Paints all of its area, so that scrolling moves pixels instead of drawing all text again."""

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRect(event.rect()), QColor(self._themes.theme.surface))
        painter.end()
