"""Fetches what forecasts stand on: earlier runs from the store, headers in the background."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from kdedge_gui.pages.benchmark.forecast import (
    MemoryGuess,
    PlanGuess,
    largest_need,
    plan_guess,
)
from kdedge_gui.pages.benchmark.memory_work import memory_guess
from kdedge_gui.pages.benchmark.past import Past, past_runs
from kdedge_gui.pages.benchmark.plan import USUAL_PARALLEL, Plan, problems_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kdedge_gui.background import Task
    from kdedge_gui.machine_watch import MemorySample
    from kdedge_gui.state import AppState

_SETTLE_MS = 200


class Guessing(QObject):
    """Tells what a plan will take, soon after it was changed; knows no widget."""

    guessed = Signal(object, object)
    """A ``PlanGuess`` and a ``MemoryGuess`` or ``None``."""

    def __init__(self, state: "AppState", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._plan = Plan()
        self._past = Past()
        self._available: int | None = None
        self._task: Task | None = None
        self._soon = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._soon.timeout.connect(self._guess_memory)
        state.machine.sampled.connect(self._on_sample)
        state.machine.facts_known.connect(self._soon.start)

    def ask_past(self) -> None:
        """Read what earlier runs took."""
        self._state.store.ask(past_runs, owner=self, done=self._on_past, failed=lambda _: None)

    def set_plan(self, plan: Plan) -> None:
        """Guess for ``plan`` from now on."""
        self._plan = plan
        self._tell(None)
        self._soon.start()

    def close(self) -> None:
        """Guess no more."""
        self._soon.stop()

    def _on_past(self, past: Past) -> None:
        self._past = past
        self._soon.start()

    def _on_sample(self, sample: "MemorySample") -> None:
        self._available = sample.available_bytes

    def _guess_memory(self) -> None:
        machine = self._state.machine.facts
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if machine is None or not self._plan.models:
            self._tell(None)
            return
        n_completions = max(
            (
                problems_of(self._plan.settings, suite) * self._plan.settings.n_samples
                for suite in self._plan.suites
            ),
            default=1,
        )
        work: list[Callable[[], MemoryGuess]] = [
            partial(
                memory_guess,
                Path(model.path),
                context_tokens=self._plan.settings.context_tokens,
                n_sequences=min(USUAL_PARALLEL, n_completions),
                machine=machine,
                available_bytes=self._available,
            )
            for model in self._plan.models
        ]
        self._task = self._state.background.run(
            lambda: [each() for each in work],
            owner=self,
            done=self._on_memory,
            failed=lambda _: self._tell(None),
        )

    def _on_memory(self, guesses: list[MemoryGuess]) -> None:
        self._task = None
        unknown = next(iter(guesses), None)
        self._tell(largest_need(guesses) or unknown)

    def _tell(self, memory: MemoryGuess | None) -> None:
        time: PlanGuess = plan_guess(self._plan, self._past)
        self.guessed.emit(time, memory)
