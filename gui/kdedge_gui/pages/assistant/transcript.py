"""The conversation as it is read: questions and answers in a column that follows the newest."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from kdedge_gui.pages.assistant.answer_view import AnswerView
from kdedge_gui.pages.assistant.conversation import Conversation
from kdedge_gui.pages.assistant.question_view import QuestionView
from kdedge_gui.pages.assistant.words import stats_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager

if TYPE_CHECKING:
    from kdedge_gui.background import Background

_WIDEST_LETTERS = 110
"""Longer lines are hard to read."""
_NEAR_BOTTOM = 8


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
        self._follows = True
        self._is_moving = False
        self._ground = _Ground(themes)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 8, 8)
        self._column.setSpacing(24)
        self._column.addStretch(1)
        self._middle = QWidget(self._ground)
        self._middle.setLayout(self._column)
        row = QHBoxLayout(self._ground)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._middle, 1000)
        row.addStretch(1)
        self.setWidget(self._ground)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
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
        """Offer to edit the last question and to generate the last answer again, if idle."""
        for turns in (self.questions, self.answers):
            for turn in turns:
                turn.set_last(is_idle and turn is turns[-1])

    def _add(self, turn: QuestionView | AnswerView) -> None:
        self._turns.append(turn)
        self._column.insertWidget(self._column.count() - 1, turn)

    def _on_value(self, value: int) -> None:
        if not self._is_moving:
            self._follows = value >= self.verticalScrollBar().maximum() - _NEAR_BOTTOM

    def _on_range(self, _: int, maximum: int) -> None:
        if self._follows:
            self._is_moving = True
            self.verticalScrollBar().setValue(maximum)
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

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRect(event.rect()), QColor(self._themes.theme.window))
        painter.end()
