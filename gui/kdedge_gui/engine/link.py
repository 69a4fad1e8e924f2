"""The window's line to the worker process that holds the loaded model.

The worker may crash, hang or be killed; the window never waits for it and says in words what
became of it. A load goes ``starting``, ``loading``, ``ready``; from there to ``generating`` and
back. ``stopping`` ends what is under way; ``failed`` and ``empty`` wait for the next load.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal

from kdedge.core.paths import home
from kdedge_gui.background import Background
from kdedge_gui.engine.ask import Ask, Finished, LoadedFacts, LoadOrder, WorkerMemory
from kdedge_gui.engine.heart import Heart
from kdedge_gui.engine.marker import LoadMarker
from kdedge_gui.engine.voice import Voice
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.outcome import Ending, death
from kdedge_gui.jobs.process import Commands, LineProcess
from kdedge_gui.numbers import bytes_text

PROTOCOL = 2
"""Of ``kdedge/runtime/wire.py``; the worker's ``hello`` must say the same."""
_LADDER_S = 2.0
"""Between asking to cancel, asking to end, and killing."""
# OpenMP's threads spin for milliseconds after each step and would take the cores that draw the
# next tokens (docs/performance.md).
_ENVIRONMENT = {"GOMP_SPINCOUNT": "10000"}
_BUSY = {"starting", "loading", "generating", "stopping"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """The model that the worker has in memory."""

    order: LoadOrder
    facts: LoadedFacts


class EngineLink(QObject):
    """One worker with one model."""

    state_changed = Signal(str)
    """``empty starting loading ready generating stopping failed``."""
    load_progress = Signal(float)
    """The part of the model that is read, 0 to 1."""
    text = Signal(str, str)
    """Request id and text as it grows, at most thirty times a second."""
    completed = Signal(object)
    """A ``Finished``."""
    stat = Signal(object)
    """A ``LiveStat``."""
    memory = Signal(object)
    """A ``WorkerMemory``."""
    counted = Signal(int)
    """The answer to ``count_tokens``, in order."""
    failed = Signal(object)
    """An ``ErrorInfo``; the state says whether the model is still there."""
    not_responding = Signal()
    """No word from the worker for ten seconds; offer to wait or to ``restart``."""
    responding = Signal()
    """It is back."""
    log_line = Signal(str)
    """The worker's stderr; several lines may come at once."""

    def __init__(
        self,
        background: Background,
        *,
        commands: Commands | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Make a link without a worker.

        Args:
            background: Writes the marker and looks whether a file is there.
            commands: How the worker is started.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self.state = "empty"
        self.model_path: Path | None = None
        """The model that is loaded, being loaded, or that failed."""
        self.loaded: LoadedFacts | None = None
        self.last_error: ErrorInfo | None = None
        """Why the state is ``failed``."""
        self._background = background
        self._commands = commands or Commands()
        self._marker = LoadMarker(home() / "loading.json")
        self._order: LoadOrder | None = None
        """Of ``model_path``."""
        self._is_ordered = False
        """The worker has got it."""
        self._held: _Held | None = None
        self._next_order: LoadOrder | None = None
        """Wanted as soon as what runs has stopped."""
        self._stopping_from = ""
        self._after_end: Callable[[], None] | None = None
        """What comes after an end of the worker that we wanted."""
        self._n_requests = 0
        self._rss_bytes = 0
        self._process = LineProcess(self)
        self._process.messages.connect(self._on_messages)
        self._process.log_lines.connect(self._on_log)
        self._process.ended.connect(self._on_ended)
        self._ladder = QTimer(self, singleShot=True, interval=round(1000 * _LADDER_S))
        self._ladder.timeout.connect(self._stop_by_force)
        self._heart = Heart(lambda: self._process.send({"op": "ping"}), parent=self)
        self._heart.silent.connect(self.not_responding)
        self._heart.back.connect(self.responding)
        self._voice = Voice(self)
        self._connect_voice()

    @property
    def pid(self) -> int:
        """Return the worker's process id; 0 without one."""
        return self._process.pid

    @property
    def is_busy(self) -> bool:
        """Return whether something is under way that must end before something else begins."""
        return self.state in _BUSY

    def read_marker(self) -> None:
        """Learn, in the background, which models took an engine down before."""
        self._background.run(self._marker.read, owner=self, done=_nothing)

    def death_of(self, path: Path) -> str:
        """Return how the engine died with this model last time; empty if it did not.

        Say it before the model is loaded again.
        """
        return self._marker.death_of(str(path))

    def load(
        self, path: Path, *, context_tokens: int, n_threads: int | None, n_gpu_layers: int = 0
    ) -> None:
        """Load a model, in place of the one that is there; what runs is stopped first.

        Args:
            path: A GGUF file.
            context_tokens: Room for prompt and completion together.
            n_threads: ``None``: one a physical core.
            n_gpu_layers: Layers on the GPU; -1 is all.
        """
        order = LoadOrder(
            path=str(path),
            context_tokens=context_tokens,
            n_threads=n_threads,
            n_gpu_layers=n_gpu_layers,
        )
        if self.is_busy:
            self._next_order = order
            self.stop()
        else:
            self._begin(order)

    def unload(self) -> None:
        """End the worker, and with it all memory the model took."""
        self._next_order = None
        self._end_worker(self._become_empty, kindly=True)

    def generate(self, ask: Ask) -> str:
        """Ask for a completion; return the id that its text and its end carry.

        Raises:
            ValueError: No model is ready.
        """
        if self.state != "ready":
            raise ValueError(f"the engine is {self.state}, not ready")
        self._n_requests += 1
        request_id = f"request-{self._n_requests}"
        self._voice.reset()
        self._process.send(ask.to_wire(request_id))
        self._set_state("generating")
        return request_id

    def stop(self) -> None:
        """End what is under way: by asking, then by force; the model stays if it can."""
        if self.state not in {"starting", "loading", "generating"}:
            return
        self._stopping_from = self.state
        if self.state == "generating" or self._is_ordered:
            self._set_state("stopping")
            self._process.send({"op": "cancel"})
            self._ladder.start()
        elif self._held is not None:  # a load that has not reached the worker
            self._give_up_load()
        else:
            self._end_worker(self._give_up_load)

    def count_tokens(self, text: str) -> None:
        """Ask how many tokens ``text`` has; the answer is ``counted``. Nothing without a model."""
        if self.state in {"ready", "generating"}:
            self._process.send({"op": "tokenize", "text": text})

    def restart(self) -> None:
        """Kill the worker and load the model again."""
        if self._order is not None:
            self._next_order = self._next_order or self._order
        self._end_worker(self._become_empty)

    def close(self) -> None:
        """End the worker and wait for that, at most some seconds."""
        self._next_order = None
        self._after_end = self._become_empty
        self._heart.stop()
        self._ladder.stop()
        if self._process.is_running:
            self._process.close_input()
            self._process.wait(QDeadlineTimer(round(1000 * _LADDER_S)))

    def _connect_voice(self) -> None:
        voice = self._voice
        voice.greeted.connect(self._on_hello)
        voice.load_progress.connect(self.load_progress)
        voice.loaded.connect(self._on_loaded)
        voice.text.connect(self.text)
        voice.stat.connect(self.stat)
        voice.answered.connect(self._on_answered)
        voice.memory.connect(self._on_memory)
        voice.counted.connect(self.counted)
        voice.complained.connect(self._on_complaint)

    def _begin(self, order: LoadOrder) -> None:
        """Write the marker, then load: what brings the computer down must be on disk before."""
        self._order, self._is_ordered = order, False
        path = self.model_path = Path(order.path)
        self.loaded = None
        self._marker.begin(order.path)
        self._set_state("loading" if self._process.is_running else "starting")

        def look() -> bool:
            self._marker.save()
            return path.is_file()

        self._background.run(look, owner=self, done=lambda found: self._go_on(order, found=found))

    def _go_on(self, order: LoadOrder, *, found: bool) -> None:
        if self._order is not order or self.state not in {"starting", "loading"}:
            return  # stopped meanwhile
        if not found:
            error = ErrorInfo(
                problem=self.tr("The file {path} is gone.").replace("{path}", order.path),
                hint=self.tr("Put it back, or choose another model."),
            )
            self._refuse(error)
        elif self._process.is_running:
            self._send_load()
        else:
            self._process.start(self._commands.worker, environment=_ENVIRONMENT)
            self._heart.start()

    def _send_load(self) -> None:
        assert self._order is not None
        self._is_ordered = True
        self._held = None  # the worker drops it before it loads another
        self._voice.context_tokens = self._order.context_tokens
        self._process.send(self._order.to_wire())

    def _on_messages(self, messages: list[dict[str, Any]]) -> None:
        self._heart.hear()
        self._voice.hear(messages)

    @property
    def _during(self) -> str:
        """What is under way, or what is being stopped."""
        return self._stopping_from if self.state == "stopping" else self.state

    def _on_hello(self, protocol: object) -> None:
        if protocol != PROTOCOL:
            error = ErrorInfo(
                problem=self.tr("The model process is of another version of kdedge."),
                hint=self.tr("Install kdedge again, then start the app again."),
            )
            self._end_worker(lambda: self._refuse(error))
        elif self.state == "starting":
            self._set_state("loading")
            self._send_load()

    def _on_loaded(self, facts: LoadedFacts) -> None:
        if self._during != "loading" or self._order is None:
            return  # nobody waits for it
        self._ladder.stop()
        self._held = _Held(order=self._order, facts=facts)
        self.loaded = facts
        self._marker.succeed(self._order.path)
        self._save_marker()
        self._settle("ready")

    def _on_answered(self, finished: Finished | None) -> None:
        if self._during != "generating":
            return
        self._ladder.stop()
        self._settle("ready")
        if finished is not None:
            self.completed.emit(finished)

    def _on_complaint(self, error: ErrorInfo) -> None:
        was_stopping, during = self.state == "stopping", self._during
        if during not in {"loading", "generating"}:
            _log.warning("the worker said: %s %s", error.problem, error.hint)
            return
        self._ladder.stop()
        if during == "loading" and was_stopping:
            self._give_up_load()
        elif during == "loading":
            self._refuse(error)
        else:
            self._settle("ready")
            if not was_stopping:
                self.failed.emit(error)

    def _on_memory(self, memory: WorkerMemory) -> None:
        self._rss_bytes = memory.rss_bytes
        self.memory.emit(memory)

    def _on_log(self, lines: list[str]) -> None:
        self.log_line.emit("\n".join(lines))

    def _on_ended(self, ending: Ending) -> None:
        self._heart.stop()
        self._ladder.stop()
        self._held = None
        self._voice.reset()
        then, self._after_end = self._after_end, None
        if then is not None:
            then()
            return
        self._next_order = None
        name = self.model_path.name if self.model_path is not None else ""
        subject = self.tr("The process that runs {model}").replace("{model}", name)
        error = death(subject, ending, log=[*self._memory_words(), *self._process.log])
        if self._order is not None and self._is_ordered:
            self._marker.die(self._order.path, error.problem)
        else:
            self._marker.refuse()
        self._save_marker()
        self._fail(error)

    def _memory_words(self) -> list[str]:
        rss_bytes, self._rss_bytes = self._rss_bytes, 0
        if not rss_bytes:
            return []
        words = self.tr("It had {size} in memory when it was last looked at.")
        return [words.replace("{size}", bytes_text(rss_bytes))]

    def _stop_by_force(self) -> None:
        """The worker has not heard: end it, and load its model again if there was one."""
        if self._stopping_from == "generating" and self._next_order is None:
            self._next_order = self._order
        self._after_end = self._become_empty
        self._process.terminate(then_kill_after_s=_LADDER_S)

    def _end_worker(self, then: Callable[[], None], *, kindly: bool = False) -> None:
        self._ladder.stop()
        if not self._process.is_running:
            then()
            return
        self._stopping_from = "ending"
        self._after_end = then
        self._set_state("stopping")
        if kindly:
            self._process.close_input()
            self._process.kill_after(2 * _LADDER_S)
        else:
            self._process.kill()

    def _give_up_load(self) -> None:
        """The load was cancelled: back to the model before it, or to nothing."""
        self._marker.refuse()
        self._save_marker()
        if self._held is not None:
            self._go_back()
            self._settle("ready")
        else:
            self._become_empty()

    def _refuse(self, error: ErrorInfo) -> None:
        """The load failed, and did no harm."""
        self._marker.refuse()
        self._save_marker()
        if self._held is None:
            self._fail(error)
            return
        self._go_back()
        self._settle("ready")
        self.failed.emit(error)

    def _go_back(self) -> None:
        assert self._held is not None
        self._order, self.loaded = self._held.order, self._held.facts
        self.model_path = Path(self._held.order.path)

    def _become_empty(self) -> None:
        self._order, self.model_path, self.loaded = None, None, None
        self._settle("empty")

    def _fail(self, error: ErrorInfo) -> None:
        self.loaded = None
        self.last_error = error
        self._set_state("failed")
        self.failed.emit(error)

    def _settle(self, state: str) -> None:
        """Nothing is under way any more: go on with what was wanted meanwhile."""
        order, self._next_order = self._next_order, None
        if order is None:
            self._set_state(state)
        else:
            self._begin(order)

    def _save_marker(self) -> None:
        self._background.run(self._marker.save, owner=self, done=_nothing)

    def _set_state(self, state: str) -> None:
        if state != "failed":
            self.last_error = None
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)


def _nothing(_: object) -> None:
    """Nobody waits for it."""
