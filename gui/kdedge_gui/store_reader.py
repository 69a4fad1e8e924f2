"""The store, read in one thread of its own, and a word when any process has written to it.

SQLite connections belong to the thread that opened them, and a query over many runs takes a
while; neither is the window's business.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from kdedge.core.errors import KdedgeError
from kdedge.core.paths import store_path
from kdedge_gui.background import Deliveries, Task
from kdedge_gui.errors import ErrorInfo

if TYPE_CHECKING:
    import sqlite3

    from kdedge.core.store import Store

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_POLL_S = 1.0
_PATIENCE_S = 5.0
_LOOK = 0
"""The order to look whether anybody has written; tasks have numbers from 1."""


class StoreReader(QObject):
    """Asks the store in a thread; ``changed`` says that a process has written to it."""

    changed = Signal()
    _written = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._deliveries = Deliveries(self)
        self._orders: queue.Queue[int | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._store: Store | None = None
        self._data_version = -1
        self._closed = False
        self._written.connect(self.changed, Qt.ConnectionType.QueuedConnection)

    def ask(
        self,
        query: Callable[["Store"], _T],
        *,
        owner: QObject,
        done: Callable[[_T], None],
        failed: Callable[[ErrorInfo], None] | None = None,
    ) -> Task:
        """Call ``query`` with the open store, in the store's thread; then ``done`` here.

        Args:
            query: Reads; must not touch widgets, nor keep the store.
            owner: No callback is called once it is destroyed.
            done: Gets what ``query`` returned.
            failed: Gets what went wrong; without it, that is logged.
        """
        task = Task(
            work=lambda: query(self._opened()),
            owner=owner,
            done=done,  # type: ignore[arg-type]
            failed=failed,
        )
        if self._closed:
            task.cancel()
            return task
        self._orders.put(self._deliveries.add(task))
        self.watch()
        return task

    def watch(self) -> None:
        """Begin to look, once a second, whether any process writes."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
            self._thread.start()

    def poke(self) -> None:
        """Look at once: a job of ours has just ended."""
        if self._thread is not None:
            self._orders.put(_LOOK)

    def close(self) -> None:
        """End the thread and close the store."""
        self._closed = True
        self._deliveries.close()
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(_PATIENCE_S)
            self._thread = None

    def _serve(self) -> None:
        while (number := self._next_order()) is not None:
            if number == _LOOK:
                self._look()
            else:
                self._deliveries.perform(number)
        self._close_store()

    def _next_order(self) -> int | None:
        try:
            return self._orders.get(timeout=_POLL_S)
        except queue.Empty:
            return _LOOK

    def _opened(self) -> "Store":
        from kdedge.core.store import Store
        from kdedge.core.store_connection import connect

        if self._store is None:
            path = store_path()
            self._connection = connect(path)
            self._store = Store(self._connection, path)
            self._data_version = self._read_data_version()
        return self._store

    def _look(self) -> None:
        import sqlite3

        try:
            first = self._store is None
            self._opened()
            version = self._read_data_version()
        except (KdedgeError, sqlite3.Error) as error:
            _log.info("the store cannot be watched: %s", error)
            self._close_store()  # opened anew at the next order: the file may be another by then
            return
        if first or version != self._data_version:
            self._data_version = version
            if not self._closed:
                self._written.emit()

    def _read_data_version(self) -> int:
        assert self._connection is not None
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
        self._store = self._connection = None
