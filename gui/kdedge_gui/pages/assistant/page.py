"""Assistant: chat, completion and fill-in-the-middle with the loaded model."""

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QWidget

from kdedge_gui.page import Page
from kdedge_gui.pages.assistant.chat import ChatPanel, new_conversation
from kdedge_gui.pages.assistant.completion import CompletionPanel
from kdedge_gui.pages.assistant.content import MODES, Content, Mode, content_of
from kdedge_gui.pages.assistant.fill import FillPanel
from kdedge_gui.pages.assistant.keeper import Keeper
from kdedge_gui.pages.assistant.live_desk import LiveDesk
from kdedge_gui.pages.assistant.live_row import LiveRow
from kdedge_gui.pages.assistant.model_desk import ModelDesk
from kdedge_gui.pages.assistant.model_row import LoadStrip, ModelPicker
from kdedge_gui.pages.assistant.parameters import ParametersDrawer
from kdedge_gui.pages.assistant.run_code import CodeRunner, can_run_code
from kdedge_gui.pages.assistant.standing_in import Action, StandingIn
from kdedge_gui.pages.assistant.tools import Tools
from kdedge_gui.qt_override import override
from kdedge_gui.wanted import ModelWanted

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.pages.assistant.conversation import Conversation
    from kdedge_gui.pages.assistant.model_view import ModelView
    from kdedge_gui.pages.assistant.parameters import Parameters
    from kdedge_gui.state import AppState

_LETTERS_FOR_DRAWER = 90
"""In a narrower page the parameters take the place of the conversation."""
_STOPPABLE = {"starting", "loading", "generating"}


class AssistantPage(Page):
    """Three modes around one model."""

    name: ClassVar[str] = "assistant"
    title: ClassVar[str] = str(QT_TRANSLATE_NOOP("AssistantPage", "Assistant"))

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._has_looked = False
        self._is_silent = False
        """The banner says that the model does not answer."""
        self.desk = ModelDesk(state, self)
        self.keeper = Keeper(state, self)
        self._runner = CodeRunner(state, self)
        self.picker = ModelPicker(state.themes, self)
        self.strip = LoadStrip(state.themes, self)
        self.modes = QTabBar(self)
        self.tools = Tools(state.themes, self)
        self.chat = ChatPanel(state, self)
        self.completion = CompletionPanel(state, self)
        self.fill = FillPanel(state, self)
        self.instead = StandingIn(state.themes, self)
        self.drawer = ParametersDrawer(state.themes, self)
        self.live = LiveRow(state.themes, self)
        self.numbers = LiveDesk(state.engine, self.live)
        self._stack = QStackedWidget(self)
        self._lay_out()
        self._connect_engine()
        self._connect_parts()
        self.set_command(None)  # no verb of kdedge chats
        self.chat.transcript.can_run = can_run_code()
        self.desk.refresh()

    @property
    def mode(self) -> Mode:
        """Chat, completion or fill."""
        return MODES[max(0, self.modes.currentIndex())]

    @property
    def content(self) -> Content:
        """What fills the page."""
        engine = self.state.engine
        return content_of(
            self.mode,
            state=engine.state,
            loaded=engine.loaded,
            has_text=self.mode == "chat" and not self.chat.transcript.is_empty,
        )

    @override
    def entered(self, payload: object = None) -> None:
        if isinstance(payload, ModelWanted):
            self.desk.pick(payload.path)
        if not self._has_looked:
            self._has_looked = True
            self.keeper.find_last()
        error = self.state.engine.last_error
        if error is not None:
            self._on_failed(error)
        if self.content is Content.CHAT:
            self.chat.composer.focus()

    @override
    def page_actions(self) -> list[QAction]:
        return self.tools.all

    @override
    def close_page(self) -> None:
        self.keeper.keep(self.chat.conversation)

    def choose_mode(self, mode: Mode) -> None:
        """Show another mode."""
        self.modes.setCurrentIndex(MODES.index(mode))

    def begin_conversation(self) -> None:
        """Put the conversation away and begin another."""
        if self.chat.conversation.turns:
            self.chat.offer_earlier(self.chat.conversation)
        self._begin_empty()

    def delete_conversation(self) -> None:
        """Forget the conversation for good, and begin another."""
        self.keeper.delete(self.chat.conversation)
        self._begin_empty()

    def stop(self) -> None:
        """Stop what is under way, a load or a completion."""
        if self.state.engine.state in _STOPPABLE:
            self.state.engine.stop()

    def refresh(self) -> None:
        """Show what goes with the mode, the engine and the conversation."""
        panels: dict[Content, QWidget] = {
            Content.CHAT: self.chat,
            Content.COMPLETION: self.completion,
            Content.FILL: self.fill,
        }
        content = self.content
        if content not in panels:
            self._say_instead(content)
        self._stack.setCurrentWidget(panels.get(content, self.instead))
        engine = self.state.engine
        can_chat = engine.loaded is not None and engine.loaded.has_chat_template
        is_ready = engine.state == "ready"
        self.chat.composer.set_ready(is_ready and can_chat, self._words_of_composer())
        self.chat.transcript.set_can_answer(is_ready and can_chat)
        self.completion.refresh()
        self.fill.refresh()
        self.tools.show_view(
            has_turns=bool(self.chat.conversation.turns) and self.mode == "chat",
            is_busy=engine.state in _STOPPABLE,
            can_regenerate=is_ready and can_chat and self.chat.can_regenerate,
        )

    def show_model(self, view: "ModelView") -> None:
        """Show which model is picked and how it stands."""
        self.picker.show_view(view)
        self.strip.show_view(view)
        self.refresh()

    def _begin_empty(self) -> None:
        self.choose_mode("chat")
        self.chat.show_conversation(new_conversation())
        self.numbers.forget_context()
        self.chat.composer.focus()

    def _words_of_composer(self) -> str:
        engine = self.state.engine
        if engine.loaded is None:
            return self.tr("Load a model to go on.")
        if not engine.loaded.has_chat_template:
            return self.tr("This model has no chat template: use Complete.")
        return self.tr("Ask something. Enter sends, Shift+Enter begins a new line.")

    def _say_instead(self, content: Content) -> None:
        say = self.instead.show_words
        if content == Content.NO_MODEL:
            self._say_no_model()
        elif content == Content.LOADING:
            title = self.tr("Loading {name}").replace("{name}", self.desk.loading_name)
            say("models", title, self.tr("Esc stops it."), actions=[])
        elif content == Content.NO_CHAT:
            text = self.tr("It was not made for questions. It can go on with a text.")
            actions: list[Action] = [
                (self.tr("Open &Complete"), lambda: self.choose_mode("completion"))
            ]
            say("info", self.tr("This model has no chat template"), text, actions=actions)
        else:
            text = self.tr(
                "It cannot fill a gap between code. Models such as Qwen2.5-Coder are made for it."
            )
            actions = [(self.tr("Open &Complete"), lambda: self.choose_mode("completion"))]
            title = self.tr("This model has no fill-in-the-middle tokens")
            say("info", title, text, actions=actions)

    def _say_no_model(self) -> None:
        name = self.desk.picked_name
        actions: list[Action] = []
        if name:
            actions.append((self.tr("&Load it"), self.desk.load))
            picked = self.tr("{name} is picked. Nothing you write leaves this machine.")
            text = picked.replace("{name}", name)
        else:
            text = self.tr("There is no model on this machine yet. Add or download one in Models.")
        models = self.tr("Open &Models")
        actions.append((models, lambda: self.state.page_wanted.emit("models", None)))
        if self.mode == "chat":
            actions += self.chat.earlier_actions()
        self.instead.show_words("chat", self.tr("No model is loaded"), text, actions=actions)

    def _on_found(self, conversation: "Conversation") -> None:
        if conversation.started_at != self.chat.conversation.started_at:
            self.chat.offer_earlier(conversation)
            self.refresh()

    def _on_shown(self, conversation: "Conversation") -> None:
        """Another conversation is gone on with: the model was told its own system text."""
        if conversation.turns:
            self.drawer.set_system(conversation.system)
            self._use_parameters(self.drawer.parameters)

    def _use_parameters(self, parameters: "Parameters") -> None:
        for panel in (self.chat, self.completion, self.fill):
            panel.parameters = parameters

    def _on_engine_state(self, state: str) -> None:
        if state in {"starting", "empty"} or (state == "ready" and self._is_silent):
            self.banner.clear()
            self._is_silent = False
        self.refresh()

    def _on_failed(self, error: "ErrorInfo") -> None:
        is_lost = self.state.engine.state == "failed"
        self.show_error(error, retry=self.desk.load_again if is_lost else None)

    def _on_silence(self) -> None:
        self._is_silent = True
        words = self.tr(
            "The model has not answered for ten seconds. Close this message to wait for it."
        )
        restart = (self.tr("&Restart the model"), self.state.engine.restart)
        self.banner.show_note(words, kind="warning", action=restart)

    def _on_answering(self) -> None:
        if self._is_silent:
            self._is_silent = False
            self.banner.clear()

    def _connect_engine(self) -> None:
        engine = self.state.engine
        engine.state_changed.connect(self._on_engine_state)
        engine.failed.connect(self._on_failed)
        engine.not_responding.connect(self._on_silence)
        engine.responding.connect(self._on_answering)
        self.desk.changed.connect(self.show_model)
        self.state.themes.changed.connect(self._share_width)
        self.picker.picked.connect(self.desk.pick)
        self.picker.load_wanted.connect(self.desk.load)
        self.picker.unload_wanted.connect(engine.unload)
        self.strip.stop_wanted.connect(engine.stop)

    def _connect_parts(self) -> None:
        self.modes.currentChanged.connect(lambda _: self.refresh())
        self.chat.changed.connect(self.refresh)
        self.chat.switched.connect(self._on_shown)
        self.chat.kept.connect(self.keeper.keep)
        for panel in (self.chat, self.completion, self.fill):
            panel.started.connect(self.numbers.watch)
        transcript = self.chat.transcript
        transcript.run_wanted.connect(self._runner.run)
        transcript.failed.connect(self.show_error)
        transcript.noted.connect(self.state.notice)
        self.keeper.found.connect(self._on_found)
        self.keeper.failed.connect(self.show_error)
        self.drawer.changed.connect(self._use_parameters)
        self.tools.new_wanted.connect(self.begin_conversation)
        self.tools.delete_wanted.connect(self.delete_conversation)
        self.tools.export_wanted.connect(
            lambda ending: self.keeper.export(self.chat.conversation, ending=ending)
        )
        self.tools.stop_wanted.connect(self.stop)
        self.tools.again_wanted.connect(self.chat.regenerate)
        self.tools.parameters_toggled.connect(self._show_drawer)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def _show_drawer(self, shown: bool) -> None:
        self.drawer.setVisible(shown)
        self._share_width()

    def _share_width(self) -> None:
        """Beside the parameters there must be room to read; else they stand there alone."""
        letters = self.width() // self.fontMetrics().averageCharWidth()
        is_open = not self.drawer.isHidden()
        self._stack.setVisible(not is_open or letters >= _LETTERS_FOR_DRAWER)
        self.drawer.set_alone(self._stack.isHidden())

    def _lay_out(self) -> None:
        self.add_header_widget(self.picker)
        for words in (self.tr("Chat"), self.tr("Complete"), self.tr("Fill in the middle")):
            self.modes.addTab(words)
        self.modes.setExpanding(False)
        self.modes.setDrawBase(False)
        self.modes.setUsesScrollButtons(False)
        self.modes.setElideMode(Qt.TextElideMode.ElideNone)
        self.modes.setAccessibleName(self.tr("Mode"))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.modes)
        top.addStretch(1)
        top.addWidget(self.tools)
        for panel in (self.chat, self.completion, self.fill, self.instead):
            self._stack.addWidget(panel)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(self._stack, 1)
        middle.addWidget(self.drawer)
        self.drawer.hide()
        self.body.addWidget(self.strip)
        self.body.addLayout(top)
        self.body.addLayout(middle, 1)
        self.body.addWidget(self.live)
