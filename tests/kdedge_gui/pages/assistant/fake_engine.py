"""Stands for ``EngineLink``: the same signals, no process; a test says what the model says."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from kdedge_gui.engine.ask import Ask, Finished, LiveStat, LoadedFacts
from kdedge_gui.errors import ErrorInfo

MODEL = Path("/models/tiny.gguf")


class FakeEngine(QObject):
    state_changed = Signal(str)
    load_progress = Signal(float)
    text = Signal(str, str)
    completed = Signal(object)
    stat = Signal(object)
    memory = Signal(object)
    failed = Signal(object)
    not_responding = Signal()
    responding = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.state = "empty"
        self.model_path: Path | None = None
        self.loaded: LoadedFacts | None = None
        self.last_error: ErrorInfo | None = None
        self.asked: list[Ask] = []
        self.loads: list[tuple[Path, int]] = []
        self.deaths: dict[Path, str] = {}
        self.n_stops = 0
        self.n_restarts = 0
        self._written = ""

    def close(self) -> None:
        self.state = "empty"

    def read_marker(self) -> None:
        """Nothing died before."""

    def death_of(self, path: Path) -> str:
        return self.deaths.get(path, "")

    def load(
        self, path: Path, *, context_tokens: int, n_threads: int | None, n_gpu_layers: int = 0
    ) -> None:
        self.loads.append((path, context_tokens))
        self.model_path = path
        self.go("loading")

    def unload(self) -> None:
        self.loaded, self.model_path = None, None
        self.go("empty")

    def restart(self) -> None:
        self.n_restarts += 1

    def generate(self, ask: Ask) -> str:
        assert self.state == "ready"
        self.asked.append(ask)
        self._written = ""
        self.go("generating")
        return self.request_id

    def stop(self) -> None:
        self.n_stops += 1
        self.go("stopping")

    @property
    def request_id(self) -> str:
        return f"request-{len(self.asked)}"

    # What a test lets happen:

    def have(
        self, *, has_chat_template: bool = True, has_fim: bool = True, path: Path = MODEL
    ) -> None:
        self.model_path = path
        self.loaded = LoadedFacts(
            load_s=0.5,
            n_threads=2,
            n_ctx_train=2048,
            has_chat_template=has_chat_template,
            has_fim=has_fim,
            context_tokens=1000,
        )
        self.go("ready")

    def say(self, text: str) -> None:
        self._written += text
        self.text.emit(self.request_id, text)

    def tell_live(self, *, n_tokens: int) -> None:
        self.stat.emit(
            LiveStat(
                request_id=self.request_id,
                n_tokens=n_tokens,
                tokens_per_s=20.0,
                ttft_s=0.25,
                context_used_tokens=950,
                context_tokens=1000,
            )
        )

    def finish(self, reason: str = "end_of_generation") -> None:
        # As EngineLink does: ready first, then the result.
        self.go("ready")
        self.completed.emit(
            Finished(
                request_id=self.request_id,
                text=self._written,
                finish_reason=reason,
                n_prompt_tokens=30,
                n_tokens=11,
                ttft_s=0.25,
                decode_s=0.5,
            )
        )

    def die(self, problem: str = "The process was stopped by the system.") -> None:
        self.loaded = None
        self.last_error = ErrorInfo(problem=problem, hint="Close other programs.")
        self.go("failed")
        self.failed.emit(self.last_error)

    def go(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)
