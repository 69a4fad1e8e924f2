"""Chat: the transcript, the composer, and one answer at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from kdedge_gui.engine.ask import Ask, Finished
from kdedge_gui.numbers import when_text
from kdedge_gui.pages.assistant.composer import Composer
from kdedge_gui.pages.assistant.conversation import (
    Conversation,
    Turn,
    TurnStats,
    turn_stats,
)
from kdedge_gui.pages.assistant.generation import Generation
from kdedge_gui.pages.assistant.parameters import Parameters
from kdedge_gui.pages.assistant.transcript import Transcript
from kdedge_gui.pages.assistant.words import stats_text
from kdedge_gui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from kdedge_gui.pages.assistant.answer_view import AnswerView
    from kdedge_gui.state import AppState


class ChatPanel(QWidget):
    """Holds the conversation and asks the engine for the next answer."""

    kept = Signal(object)
    """The ``Conversation`` after a finished turn: keep it."""
    changed = Signal()
    """A turn was added or taken away, or an answer has begun or ended."""
    switched = Signal(object)
    """Another ``Conversation`` is shown."""
    started = Signal(object)
    """A ``Generation``."""

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.parameters = Parameters()
        self.transcript = Transcript(state.themes, state.background, self)
        self.composer = Composer(state.themes, self)
        self._conversation = new_conversation()
        self._generation: Generation | None = None
        self._answer: AnswerView | None = None
        self._asked = Parameters()
        """Of the answer that is being written."""
        self._n_again = 0
        """How often the last answer was generated again: each time with another seed."""
        self._is_editing = False
        self._earlier: Conversation | None = None
        self._start: EmptyState | None = None
        self._middle = QStackedWidget(self)
        self._middle.addWidget(self.transcript)
        self._make_start()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._middle, 1)
        column.addWidget(self.composer)
        self._connect()
        self._show_middle()

    @property
    def conversation(self) -> Conversation:
        """What was said."""
        return self._conversation

    @property
    def is_generating(self) -> bool:
        """Whether an answer is being written."""
        return self._generation is not None

    @property
    def can_regenerate(self) -> bool:
        """Whether there is a question to answer again."""
        return bool(self._conversation.turns) and not self.is_generating

    @property
    def model_name(self) -> str:
        """What the loaded model is called."""
        path = self._state.engine.model_path
        if path is None:
            return ""
        entry = self._state.library.entry_of(path)
        return entry.name if entry is not None else path.stem

    def offer_earlier(self, conversation: Conversation) -> None:
        """Offer to go on with ``conversation`` while nothing is said in this one."""
        self._earlier = conversation
        self._make_start()
        self._show_middle()

    def earlier_actions(self) -> list[tuple[str, Callable[[], None]]]:
        """Return the button that goes on with an earlier conversation, if there is one."""
        earlier = self._earlier
        if earlier is None:
            return []
        words = self.tr("&Go on with the conversation of {when}")
        shown = words.replace("{when}", when_text(earlier.started_at))
        return [(shown, lambda: self.show_conversation(earlier))]

    def show_conversation(self, conversation: Conversation) -> None:
        """Go on with ``conversation``; an answer that is being written is dropped."""
        self._drop_generation()
        if self._earlier is not None and self._earlier.started_at == conversation.started_at:
            self._earlier = None
            self._make_start()
        self._conversation = conversation
        self._n_again = 0
        self._is_editing = False
        self.composer.clear()
        self.transcript.show_conversation(conversation)
        self._show_middle()
        self.switched.emit(conversation)
        self.changed.emit()

    def ask(self, text: str) -> None:
        """Put a question, in place of the last one if that is being changed."""
        if self._state.engine.state != "ready" or self.is_generating:
            return
        if self._is_editing:
            self._conversation = self._conversation.without_last_question()
            self._is_editing = False
        # An answer without a word was shown, but is no turn.
        self.transcript.remove_from(len(self._conversation.turns))
        self._n_again = 0
        self._conversation = self._conversation.with_question(text)
        self.transcript.add_question(text)
        self._show_middle()
        self._begin_answer()

    def regenerate(self) -> None:
        """Answer the last question again, with the next seed."""
        if self._state.engine.state != "ready" or not self.can_regenerate:
            return
        self._conversation = self._conversation.without_last_answer()
        self.transcript.remove_from(len(self._conversation.turns))
        self._n_again += 1
        if self.parameters.temperature == 0:
            self._state.notice.emit(
                self.tr("With temperature 0 the same question gets the same answer.")
            )
        self._begin_answer()

    def edit_last(self) -> None:
        """Let the user change the last question."""
        if self.is_generating or not self._conversation.last_question:
            return
        self._is_editing = True
        self.composer.edit(self._conversation.last_question)

    def stop(self) -> None:
        """End the answer; what is written so far stays."""
        if self._generation is not None:
            self._generation.stop()

    def show_writing(self, question: str, *, model: str, written: str) -> None:
        """Show an answer in the middle of being written."""
        self.transcript.add_question(question)
        answer = self.transcript.add_answer(name=model)
        if written:
            answer.append(written)
        self.transcript.mark_last(is_idle=False)
        self.composer.set_generating(True)
        self._show_middle()

    def _connect(self) -> None:
        self.transcript.again_wanted.connect(self.regenerate)
        self.transcript.edit_wanted.connect(self.edit_last)
        self.composer.sent.connect(self.ask)
        self.composer.stop_wanted.connect(self.stop)
        self.composer.edit_wanted.connect(self.edit_last)
        self.composer.edit_dropped.connect(self._on_edit_dropped)

    def _show_middle(self) -> None:
        self._middle.setCurrentIndex(1 if self.transcript.is_empty else 0)

    def _make_start(self) -> None:
        """Say what belongs here, and offer the last conversation."""
        if self._start is not None:
            self._middle.removeWidget(self._start)
            self._start.deleteLater()
        self._start = EmptyState(
            "chat",
            self.tr("Ask about code"),
            self.tr("Everything you write and every answer stays on this machine."),
            self.earlier_actions(),
            self._state.themes,
            self,
        )
        self._middle.addWidget(self._start)

    def _drop_generation(self) -> None:
        if self._generation is not None:
            self._generation.blockSignals(True)
            self._generation.stop()
            self._generation, self._answer = None, None
            self.composer.set_generating(False)

    def _on_edit_dropped(self) -> None:
        self._is_editing = False

    def _begin_answer(self) -> None:
        self._asked = replace(self.parameters, seed=self.parameters.seed + self._n_again)
        self._conversation = replace(self._conversation, system=self._asked.system)
        generation = Generation(self._state.engine, self._question(), parent=self)
        generation.text.connect(self._on_text)
        generation.finished.connect(self._on_finished)
        generation.cut_off.connect(self._on_cut_off)
        self._generation = generation
        self.transcript.mark_last(is_idle=False)
        self._answer = self.transcript.add_answer(name=self.model_name)
        self.composer.set_generating(True)
        self.started.emit(generation)
        self.changed.emit()

    def _question(self) -> Ask:
        asked = self._asked
        return Ask(
            kind="chat",
            messages=self._conversation.messages(),
            temperature=asked.temperature,
            top_k=asked.top_k,
            top_p=asked.top_p,
            min_p=asked.min_p,
            seed=asked.seed,
            max_tokens=asked.max_tokens,
        )

    def _on_text(self, text: str) -> None:
        assert self._answer is not None
        self._answer.append(text)

    def _on_finished(self, finished: Finished) -> None:
        stats = turn_stats(finished, seed=self._asked.seed, temperature=self._asked.temperature)
        self._end_answer(stats_text(stats), stats)

    def _on_cut_off(self) -> None:
        is_stopped = self._generation is not None and self._generation.is_stopped
        lost = self.tr("The model was lost before the end of the answer.")
        self._end_answer(self.tr("stopped by you") if is_stopped else lost, None)

    def _end_answer(self, caption: str, stats: TurnStats | None) -> None:
        assert self._answer is not None
        answer, self._answer, self._generation = self._answer, None, None
        answer.finish(caption)
        if answer.text:
            turn = Turn(role="assistant", text=answer.text, model=answer.model_name, stats=stats)
            self._conversation = self._conversation.with_answer(turn)
        self.transcript.mark_last()
        self.composer.set_generating(False)
        self.kept.emit(self._conversation)
        self.changed.emit()


def new_conversation() -> Conversation:
    """Return a conversation that begins now."""
    return Conversation(started_at=datetime.now(UTC).isoformat(timespec="milliseconds"))
