"""Loads and unloads the chosen model, and says what stands in the way."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.numbers import bytes_text
from kdedge_gui.pages.models.load_row import LoadRow, LoadView

if TYPE_CHECKING:
    from kdedge.models.footprint import Footprint
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.library import ModelEntry
    from kdedge_gui.state import AppState

_HOLDING = {"starting", "loading", "ready", "generating"}


class LoadWork(QObject):
    """Stands between the engine and the row with the Load button."""

    begun = Signal()
    """The engine loads, or has loaded: what was wrong before is over."""
    failed = Signal(object)
    """An ``ErrorInfo``: the engine failed with the chosen model."""

    def __init__(self, state: "AppState", row: LoadRow) -> None:
        super().__init__(row)
        self._state = state
        self._row = row
        self._entry: ModelEntry | None = None
        self._footprint: Footprint | None = None
        self._context_tokens = 0
        self._fraction: float | None = None
        engine = state.engine
        row.load_wanted.connect(self._load)
        row.unload_wanted.connect(engine.unload)
        row.stop_wanted.connect(engine.stop)
        row.assistant_wanted.connect(lambda: state.page_wanted.emit("assistant", None))
        engine.state_changed.connect(self._on_state)
        engine.load_progress.connect(self._on_progress)
        engine.failed.connect(self._on_failed)

    def choose(self, entry: "ModelEntry | None") -> None:
        """Load ``entry`` from now on."""
        self._entry, self._footprint = entry, None
        self.show_now()

    def set_footprint(self, footprint: "Footprint | None") -> None:
        """Say of the chosen model what it is predicted to take."""
        self._footprint = footprint
        self.show_now()

    def set_context(self, context_tokens: int) -> None:
        """Load with this context."""
        self._context_tokens = context_tokens

    def show_now(self) -> None:
        """Show how the engine and the chosen model stand to one another."""
        if self._entry is None:
            return
        engine, is_mine = self._state.engine, self._is_mine
        other = engine.model_path
        holds_other = not is_mine and other is not None and engine.state in _HOLDING
        self._row.show_view(
            LoadView(
                state=engine.state if is_mine else "empty",
                fraction=self._fraction if is_mine else None,
                other=other.stem if holds_other and other is not None else "",
                warning=self._warning(self._entry),
            )
        )

    @property
    def _is_mine(self) -> bool:
        return self._entry is not None and self._state.engine.model_path == self._entry.path

    def _load(self) -> None:
        if self._entry is not None:
            preferences = self._state.preferences
            self._state.engine.load(
                self._entry.path,
                context_tokens=self._context_tokens,
                n_threads=preferences.threads or None,
                n_gpu_layers=preferences.gpu_layers,
            )

    def _warning(self, entry: "ModelEntry") -> str:
        parts = []
        died = self._state.engine.death_of(entry.path)
        if died:
            said = self.tr("Last time the engine did not survive this model: it {words}.")
            parts.append(said.format(words=died))
        if self._footprint is not None and self._footprint.fit == "short":
            said = self.tr("It is likely to fail: the memory is short by {size}.")
            parts.append(said.format(size=bytes_text(self._footprint.short_by_bytes)))
        return " ".join(parts)

    def _on_state(self, state: str) -> None:
        if state not in {"starting", "loading"}:
            self._fraction = None
        if state in {"starting", "loading", "ready"}:
            self.begun.emit()
        self.show_now()

    def _on_progress(self, fraction: float) -> None:
        self._fraction = fraction
        self.show_now()

    def _on_failed(self, error: "ErrorInfo") -> None:
        self.show_now()
        if self._is_mine and self._state.engine.state == "failed" and self._row.isVisible():
            self.failed.emit(error)
