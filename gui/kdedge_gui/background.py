"""Work that must not hold up the window: done in a thread, told of in the GUI thread.

Callbacks are called one an event, never after their owner is gone, never after ``cancel``. What
computes for longer than a moment is a job of its own process (``kdedge_gui.jobs``), not this.
"""

import itertools
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from kdedge.core.errors import KdedgeError
from kdedge_gui.errors import ErrorInfo

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_N_THREADS = 2
_PATIENCE_S = 5.0
"""How long ``close`` waits for a thread that is stuck in the system, as on a dead disk."""


@dataclass(slots=True, eq=False)
class Task:
    """One piece of work; ``cancel`` means that nobody wants its outcome any more."""

    work: Callable[[], object]
    owner: QObject
    done: Callable[[object], None]
    failed: Callable[[ErrorInfo], None] | None
    value: object = None
    error: ErrorInfo | None = None
    is_cancelled: bool = False
    is_over: bool = False
    """Its outcome was delivered, or will never be."""

    def cancel(self) -> None:
        """Forget the work: it is not begun if it still waits, and no callback is called."""
        self.is_cancelled = True

    def do(self) -> None:
        """Do the work and keep its outcome; called in a worker thread."""
        try:
            self.value = self.work()
        except KdedgeError as error:
            self.error = ErrorInfo.of(error)
        except Exception as error:  # noqa: BLE001 - told to whoever asked, and logged
            _log.exception("background work failed")
            self.error = ErrorInfo.of_exception(error)

    def deliver(self) -> None:
        """Tell the owner, if it is still there and wants to know."""
        self.is_over = True
        if self.is_cancelled or not isValid(self.owner):
            return
        if self.error is None:
            self.done(self.value)
        elif self.failed is not None:
            self.failed(self.error)
        else:
            _log.warning("%s %s", self.error.problem, self.error.hint)


class Deliveries(QObject):
    """The GUI thread's end of worker threads: keeps their tasks and hands out the outcomes.

    Threads know tasks by number only, so that the last reference to a widget is never dropped in
    a thread that may not destroy it.
    """

    _arrived = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._tasks: dict[int, Task] = {}
        self._over: deque[int] = deque()
        self._closed = False
        self._arrived.connect(self._deliver_one, Qt.ConnectionType.QueuedConnection)

    def add(self, task: Task) -> int:
        """Keep ``task`` until it is delivered; return its number."""
        number = next(self._numbers)
        self._tasks[number] = task
        return number

    def perform(self, number: int) -> None:
        """Do task ``number``; called in a worker thread."""
        self._perform(number)
        self._over.append(number)
        if not self._closed:
            self._arrived.emit()

    def close(self) -> None:
        """Deliver nothing any more."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()

    @property
    def n_waiting(self) -> int:
        """Return how many tasks are not delivered yet."""
        return len(self._tasks)

    def _perform(self, number: int) -> None:
        task = self._tasks[number]
        if not task.is_cancelled:
            task.do()

    def _deliver_one(self) -> None:
        if self._over:
            self._tasks.pop(self._over.popleft()).deliver()


class Background(QObject):
    """A pool of two threads for reading headers, folders and documents."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._deliveries = Deliveries(self)
        self._orders: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def run(
        self,
        work: Callable[[], _T],
        *,
        owner: QObject,
        done: Callable[[_T], None],
        failed: Callable[[ErrorInfo], None] | None = None,
    ) -> Task:
        """Do ``work`` in a thread; then call ``done`` or ``failed`` here.

        Args:
            work: Must not touch widgets.
            owner: No callback is called once it is destroyed.
            done: Gets what ``work`` returned.
            failed: Gets what went wrong; without it, that is logged.
        """
        task = Task(work=work, owner=owner, done=done, failed=failed)  # type: ignore[arg-type]
        if self._closed:
            task.cancel()
            return task
        self._start_threads()
        self._orders.put(self._deliveries.add(task))
        return task

    @property
    def is_idle(self) -> bool:
        """Return whether nothing waits, runs or is to be delivered."""
        return not self._deliveries.n_waiting

    def close(self) -> None:
        """Drop what waits, let running work end, and end the threads."""
        self._closed = True
        self._deliveries.close()
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        self._threads.clear()

    def _start_threads(self) -> None:
        while len(self._threads) < _N_THREADS:
            name = f"background-{len(self._threads) + 1}"
            thread = threading.Thread(target=self._serve, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        while (number := self._orders.get()) is not None:
            self._deliveries.perform(number)
