"""Collects the live numbers: of the completion that runs, and of the process."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from kdedge_gui.engine.ask import Finished, LiveStat, WorkerMemory
from kdedge_gui.pages.assistant.live_row import LiveNumbers, LiveRow

if TYPE_CHECKING:
    from kdedge_gui.engine.link import EngineLink
    from kdedge_gui.pages.assistant.generation import Generation


class LiveDesk(QObject):
    """Keeps a ``LiveRow`` up to date."""

    def __init__(self, engine: "EngineLink", row: LiveRow) -> None:
        super().__init__(row)
        self._engine = engine
        self._row = row
        self._numbers = LiveNumbers()
        engine.state_changed.connect(self._on_state)
        engine.memory.connect(self._on_memory)
        self._on_state(engine.state)

    def watch(self, generation: "Generation") -> None:
        """Show the numbers of ``generation`` while it runs, and those of its end after."""
        self._use(replace(self._numbers, ttft_s=None, tokens_per_s=None))
        generation.stat.connect(self._on_stat)
        generation.finished.connect(self._on_finished)

    def show_numbers(self, numbers: LiveNumbers) -> None:
        """Show ``numbers`` that were measured before."""
        self._use(numbers)

    def forget_context(self) -> None:
        """A new conversation: nothing is in the context."""
        self._use(replace(self._numbers, context_used_tokens=0, ttft_s=None, tokens_per_s=None))

    def _use(self, numbers: LiveNumbers) -> None:
        self._numbers = numbers
        loaded = self._engine.loaded
        if loaded is None:
            self._row.show_numbers(None)
        else:
            self._row.show_numbers(replace(numbers, context_tokens=loaded.context_tokens))

    def _on_state(self, state: str) -> None:
        if state in {"empty", "failed", "starting", "loading"}:
            self._numbers = LiveNumbers()
        self._use(self._numbers)

    def _on_memory(self, memory: WorkerMemory) -> None:
        self._use(replace(self._numbers, rss_bytes=memory.rss_bytes))

    def _on_stat(self, stat: LiveStat) -> None:
        self._use(
            replace(
                self._numbers,
                context_used_tokens=stat.context_used_tokens,
                ttft_s=stat.ttft_s,
                tokens_per_s=stat.tokens_per_s,
            )
        )

    def _on_finished(self, finished: Finished) -> None:
        self._use(
            replace(
                self._numbers,
                context_used_tokens=finished.n_prompt_tokens + finished.n_tokens,
                ttft_s=finished.ttft_s,
                tokens_per_s=finished.decode_tokens_per_s,
            )
        )
