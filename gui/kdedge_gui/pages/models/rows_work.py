"""Makes the rows of the library in the background, whenever something they show has changed."""

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.models.known_results import KnownResults, known_results
from kdedge_gui.models.library_table import LibraryRow, Room, RowMaker

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.machine_watch import MemorySample
    from kdedge_gui.state import AppState

_log = logging.getLogger(__name__)
_NOTICED_SHARE = 0.02
"""Of all memory: a smaller change of what is free is not worth new rows."""


class RowsWork(QObject):
    """Emits all rows anew; at most one making is under way."""

    ready = Signal(object)
    """A tuple of ``LibraryRow``."""
    room_changed = Signal()
    """Other programs have taken or freed memory worth a new forecast."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self.results: dict[str, KnownResults] = {}
        self._state = state
        self._maker = RowMaker()
        self._room: Room | None = None
        self._is_making = False
        self._is_stale = False
        self._is_awake = False
        state.library.changed.connect(self.make)
        state.store.changed.connect(self.read_results)
        state.machine.sampled.connect(self._on_sample)

    def wake(self) -> None:
        """The page is seen: make rows now and whenever something changes."""
        self._is_awake = True
        self._take_room()
        self.read_results()
        self.make()

    def sleep(self) -> None:
        """The page is not seen: changes wait until it is."""
        self._is_awake = False

    def read_results(self) -> None:
        """Read what runs say of the models, then make rows."""
        if self._is_awake:
            self._state.store.ask(known_results, owner=self, done=self._on_results)

    def make(self) -> None:
        """Make the rows."""
        if not self._is_awake:
            return
        if self._is_making:
            self._is_stale = True
            return
        self._is_making = True
        entries, results, room = self._state.library.entries, self.results, self._room
        self._state.background.run(
            lambda: self._maker.rows(entries, results=results, room=room),
            owner=self,
            done=self._on_made,
            failed=self._on_failed,
        )

    def _on_made(self, rows: tuple[LibraryRow, ...]) -> None:
        self.ready.emit(rows)
        self._go_on()

    def _on_failed(self, error: "ErrorInfo") -> None:
        _log.warning("the rows were not made: %s", error.detail)
        self._go_on()

    def _go_on(self) -> None:
        self._is_making = False
        if self._is_stale:
            self._is_stale = False
            self.make()

    def _on_results(self, results: dict[str, KnownResults]) -> None:
        if results != self.results:
            self.results = results
            self.make()

    def _on_sample(self, sample: "MemorySample") -> None:
        if not self._is_awake:
            return
        if self._room is not None:
            change = abs(sample.available_bytes - self._room.available_bytes)
            if change < _NOTICED_SHARE * sample.total_bytes:
                return
        self._take_room()
        self.make()
        self.room_changed.emit()

    def _take_room(self) -> None:
        sample = self._state.machine.sample
        if sample is not None:
            self._room = Room(
                available_bytes=sample.available_bytes, total_bytes=sample.total_bytes
            )
