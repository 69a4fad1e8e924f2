"""The conversation as it is read: questions and answers in a column that follows the newest."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from kdedge_gui.pages.assistant.answer_view import AnswerView
from kdedge_gui.pages.assistant.conversation import Conversation
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
        self._ground = _Ground(themes)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, _SIDE - _ABOVE, _SIDE, _SIDE - _ABOVE)
        self._column.setSpacing(24)
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        self._column.addStretch(1)
        self._middle = QWidget(self._ground)
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
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range)
        bar.valueChanged.connect(self._on_value)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return not self._turns

    @property
    def answers(self) -> list[AnswerView]:
        """The answers, the oldest first."""
        return [turn for turn in self._turns if isinstance(turn, AnswerView)]

    @property
    def questions(self) -> list[QuestionView]:
        """The questions, the oldest first."""
        return [turn for turn in self._turns if isinstance(turn, QuestionView)]

    def show_conversation(self, conversation: Conversation) -> None:
        """Show ``conversation`` in place of what is there, and go to its end."""
        self.remove_from(0)
        for turn in conversation.turns:
            if turn.role == "user":
                self.add_question(turn.text)
                continue
            answer = self.add_answer(name=turn.model)
            answer.append(turn.text)
            answer.finish(stats_text(turn.stats) if turn.stats is not None else "")
        self.mark_last()
        self._follows = True

    def add_question(self, text: str) -> None:
        """Show a question at the end, and go there."""
        question = QuestionView(text, self._themes, self._middle)
        question.edit_wanted.connect(self.edit_wanted)
        question.again_wanted.connect(self.again_wanted)
        self._follows = True
        self._add(question)

    def add_answer(self, *, name: str) -> AnswerView:
        """Return an answer at the end, begun and empty."""
        answer = AnswerView(self._themes, self._background, self._middle)
        answer.run_wanted.connect(self.run_wanted)
        answer.again_wanted.connect(self.again_wanted)
        answer.failed.connect(self.failed)
        answer.noted.connect(self.noted)
        answer.begin(name=name, can_run=self.can_run)
        self._add(answer)
        return answer

    def remove_from(self, position: int) -> None:
        """Take away the turns from number ``position`` on."""
        for turn in self._turns[position:]:
            self._column.removeWidget(turn)
            turn.hide()
            turn.deleteLater()
        del self._turns[position:]

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

    def _add(self, turn: QuestionView | AnswerView) -> None:
        self._turns.append(turn)
        turn.set_can_answer(self._can_answer)
        self._column.insertWidget(self._column.count() - 1, turn)

    def _on_value(self, value: int) -> None:
        if not self._is_moving:
            self._follows = value >= self.verticalScrollBar().maximum() - _NEAR_BOTTOM

    def _on_range(self) -> None:
        # Not at once: with nothing left to paint, pixels are moved instead of painted again.
        if self._follows and not self._is_moving:
            self._is_moving = True
            QTimer.singleShot(0, self, self._go_to_end)

    def _go_to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._is_moving = False

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
