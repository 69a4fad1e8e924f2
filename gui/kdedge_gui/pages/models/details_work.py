"""Fetches what the details need: the header, the forecast, the profile that measured memory."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.pages.models.forecast import ContextWanted, forecast
from kdedge_gui.pages.models.measured import measured_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kdedge.core.errors import KdedgeError
    from kdedge.core.machine import MachineFacts
    from kdedge.core.store import Store
    from kdedge.models.footprint import Footprint
    from kdedge.models.header import Header
    from kdedge_gui.background import Task
    from kdedge_gui.state import AppState


class DetailsWork(QObject):
    """One model at a time; what was asked before and comes late is dropped."""

    metadata_known = Signal(object)
    """The metadata of the file, as a mapping."""
    forecast_known = Signal(object)
    """A ``Footprint``, or the ``KdedgeError`` that says why there is none."""
    measured_known = Signal(object)
    """A ``Measured``; ``None`` when nothing was measured."""
    failed = Signal(object)
    """An ``ErrorInfo``: the header cannot be read."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._path: Path | None = None
        self._header: Header | None = None
        self._wanted: ContextWanted | None = None
        self._reading: Task | None = None
        self._forecasting: Task | None = None
        self._is_stale = False
        """Another forecast is wanted as soon as this one is there."""

    def choose(self, path: Path | None) -> None:
        """Read the header of the model at ``path``; with none, forget what was chosen."""
        for task in (self._reading, self._forecasting):
            if task is not None:
                task.cancel()
        self._path, self._header = path, None
        self._reading = self._forecasting = None
        if path is not None:
            self._reading = self._state.background.run(
                partial(_read, path),
                owner=self,
                done=self._on_header,
                failed=self.failed.emit,
            )

    def want(self, wanted: ContextWanted) -> None:
        """Forecast the memory of the chosen model with this context."""
        self._wanted = wanted
        self._forecast()

    def refresh(self) -> None:
        """Forecast again: other programs have taken or freed memory."""
        self._forecast()

    def find_measured(self, run_id: str) -> None:
        """Read the profile that measured the chosen model; an empty id means there is none."""
        if not run_id:
            self.measured_known.emit(None)
            return
        path = self._path
        self._state.store.ask(
            partial(_document, run_id),
            owner=self,
            done=lambda document: self._on_document(path, document),
            failed=lambda _: self.measured_known.emit(None),
        )

    def _on_header(self, header: "Header") -> None:
        self._reading = None
        self._header = header
        self.metadata_known.emit(header.metadata)
        self._forecast()

    def _forecast(self) -> None:
        header, wanted, machine = self._header, self._wanted, self._state.machine.facts
        if header is None or wanted is None or machine is None:
            return
        if self._forecasting is not None:
            self._is_stale = True
            return
        sample = self._state.machine.sample
        available = None if sample is None else sample.available_bytes
        self._forecasting = self._state.background.run(
            partial(_forecast, header, wanted, machine, available),
            owner=self,
            done=self._on_forecast,
        )

    def _on_forecast(self, found: "Footprint | KdedgeError") -> None:
        self._forecasting = None
        self.forecast_known.emit(found)
        if self._is_stale:
            self._is_stale = False
            self._forecast()

    def _on_document(self, path: Path | None, document: "Mapping[str, Any] | None") -> None:
        if path == self._path:
            self.measured_known.emit(measured_memory(document))


def _read(path: Path) -> "Header":
    from kdedge.models.header import read_header

    return read_header(path)


def _forecast(
    header: "Header",
    wanted: ContextWanted,
    machine: "MachineFacts",
    available_bytes: int | None,
) -> "Footprint | KdedgeError":
    return forecast(header, wanted, machine=machine, available_bytes=available_bytes)


def _document(run_id: str, store: "Store") -> "Mapping[str, Any] | None":
    return store.run(run_id).document
