"""Which model is picked, whether it fits, and how its loading goes; loads and unloads it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge.models.footprint import Footprint, fit_of
from kdedge_gui.pages.assistant.model_view import (
    Forecast,
    ModelChoice,
    ModelView,
    choices_of,
    context_for,
    forecast_of,
)

if TYPE_CHECKING:
    from kdedge.core.machine import MachineFacts
    from kdedge_gui.background import Task
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.machine_watch import MemorySample
    from kdedge_gui.state import AppState


class ModelDesk(QObject):
    """Makes the ``ModelView`` from the services, and passes on what the user wants."""

    changed = Signal(object)
    """The new ``ModelView``."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._picked: Path | None = None
        self._is_picked_by_user = False
        self._fraction: float | None = None
        self._footprint: Footprint | None = None
        self._forecast: Forecast | None = None
        self._asked: tuple[Path, int] | None = None
        """What the forecast is of."""
        self._task: Task | None = None
        state.library.changed.connect(self.refresh)
        state.preferences.changed.connect(self._on_preference)
        state.machine.facts_known.connect(self.refresh)
        state.machine.sampled.connect(self._on_sample)
        state.engine.state_changed.connect(self._on_state)
        state.engine.load_progress.connect(self._on_progress)

    @property
    def view(self) -> ModelView:
        """How things stand."""
        engine = self._state.engine
        picked = self._picked
        choices = choices_of(self._state.library.entries)
        if picked is not None and picked not in {choice.path for choice in choices}:
            unlisted = ModelChoice(name=picked.stem, path=picked, file_bytes=None)
            choices = (*choices, unlisted)
        return ModelView(
            state=engine.state,
            choices=choices,
            picked=picked,
            loaded=engine.model_path,
            fraction=self._fraction,
            forecast=self._forecast,
            warning=engine.death_of(picked) if picked is not None else "",
        )

    @property
    def picked_name(self) -> str:
        """What the picked model is called; empty when none is."""
        entry = None if self._picked is None else self._state.library.entry_of(self._picked)
        if entry is not None:
            return entry.name
        return self._picked.stem if self._picked is not None else ""

    @property
    def loading_name(self) -> str:
        """What the model on its way into memory is called."""
        path = self._state.engine.model_path
        entry = None if path is None else self._state.library.entry_of(path)
        if entry is not None:
            return entry.name
        return path.stem if path is not None else ""

    def pick(self, path: Path) -> None:
        """Choose the model at ``path``."""
        self._picked = path
        self._is_picked_by_user = True
        self.refresh()

    def load(self) -> None:
        """Load the model that is picked."""
        if self._picked is None:
            return
        preferences = self._state.preferences
        self._state.engine.load(
            self._picked,
            context_tokens=self._context_tokens(),
            n_threads=preferences.threads or None,
            n_gpu_layers=preferences.gpu_layers,
        )

    def load_again(self) -> None:
        """Load the model that was lost."""
        path = self._state.engine.model_path
        if path is not None:
            self.pick(path)
            self.load()

    def refresh(self) -> None:
        """Look at everything again."""
        self._choose()
        self._ask_forecast()
        self.changed.emit(self.view)

    def _choose(self) -> None:
        """Pick what is in memory, or else the first model, until the user picks another."""
        loaded = self._state.engine.model_path
        paths = [choice.path for choice in choices_of(self._state.library.entries)]
        if loaded is not None and not self._is_picked_by_user:
            self._picked = loaded
        elif self._picked not in paths and not self._is_picked_by_user:
            self._picked = paths[0] if paths else None

    def _context_tokens(self) -> int:
        entry = None if self._picked is None else self._state.library.entry_of(self._picked)
        return context_for(entry, wanted_tokens=self._state.preferences.context_tokens)

    def _ask_forecast(self) -> None:
        machine = self._state.machine.facts
        if self._picked is None or machine is None:
            return
        asked = (self._picked, self._context_tokens())
        if asked == self._asked:
            return
        self._asked = asked
        self._footprint = self._forecast = None
        if self._task is not None:
            self._task.cancel()
        path, context_tokens = asked
        self._task = self._state.background.run(
            lambda: _predicted(path, context_tokens=context_tokens, machine=machine),
            owner=self,
            done=self._on_forecast,
            failed=self._on_no_forecast,
        )

    def _on_forecast(self, found: Footprint | str) -> None:
        if isinstance(found, str):
            self._forecast = Forecast(text=found, kind="plain", word="")
        else:
            self._footprint = found
            self._compare(self._state.machine.sample)
        self.changed.emit(self.view)

    def _on_no_forecast(self, error: "ErrorInfo") -> None:
        self._forecast = Forecast(text=f"{error.problem} {error.hint}", kind="bad", word="")
        self.changed.emit(self.view)

    def _on_sample(self, sample: "MemorySample") -> None:
        before = self._forecast
        self._compare(sample)
        if self._forecast != before:
            self.changed.emit(self.view)

    def _compare(self, sample: "MemorySample | None") -> None:
        """Hold the prediction against what is free now."""
        footprint = self._footprint
        if footprint is None or self._asked is None:
            return
        if sample is not None:
            footprint = replace(
                footprint,
                available_bytes=sample.available_bytes,
                fit=fit_of(
                    footprint.needs_bytes,
                    available_bytes=sample.available_bytes,
                    total_bytes=sample.total_bytes,
                ),
                short_by_bytes=max(0, footprint.needs_bytes - sample.available_bytes),
            )
        self._forecast = forecast_of(footprint, context_tokens=self._asked[1])

    def _on_preference(self, name: str) -> None:
        if name == "context_tokens":
            self.refresh()

    def _on_progress(self, fraction: float) -> None:
        self._fraction = fraction
        self.changed.emit(self.view)

    def _on_state(self, state: str) -> None:
        self._fraction = None
        if state == "ready" and self._state.engine.model_path == self._picked:
            self._is_picked_by_user = False
        self.refresh()


def _predicted(path: Path, *, context_tokens: int, machine: "MachineFacts") -> Footprint | str:
    """Return what the model will take, or why that cannot be told.

    Raises:
        KdedgeError: The file cannot be read.
    """
    from kdedge.models.summary import summarize

    summary = summarize(path, machine=machine, n_ctx=context_tokens)
    if summary.prediction is None:
        return summary.unpredictable or ""
    return summary.prediction
