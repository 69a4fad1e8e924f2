"""The machine's memory every two seconds, and once, what the machine is."""

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from kdedge.core.machine import MachineFacts

_log = logging.getLogger(__name__)
_EVERY_S = 2.0
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySample:
    """The memory of the machine, or of the container if that has less, at one moment."""

    total_bytes: int
    available_bytes: int
    """What can be had without swapping."""
    gpu: None = None
    """No GPU's memory is watched yet."""


class MachineWatch(QObject):
    """Samples memory in a thread of its own, from ``start`` to ``close``."""

    sampled = Signal(object)
    """A ``MemorySample``."""
    facts_known = Signal()
    _facts_read = Signal()
    _sample_taken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts: MachineFacts | None = None
        self._sample: MemorySample | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._facts_read.connect(self.facts_known, Qt.ConnectionType.QueuedConnection)
        self._sample_taken.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @property
    def facts(self) -> "MachineFacts | None":
        """Return what the machine is; ``None`` until ``facts_known``."""
        return self._facts

    @property
    def sample(self) -> MemorySample | None:
        """Return the newest sample; ``None`` before the first."""
        return self._sample

    def start(self) -> None:
        """Begin to sample."""
        if self._thread is None and not self._ended.is_set():
            self._thread = threading.Thread(target=self._watch, name="machine", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
            self._thread = None

    def _watch(self) -> None:
        from kdedge.core.machine import machine_facts  # imports psutil, which takes a while

        self._facts = machine_facts()
        if not self._ended.is_set():
            self._facts_read.emit()
        while not self._ended.is_set():
            self._sample = _memory_now()
            self._sample_taken.emit()
            self._ended.wait(_EVERY_S)

    def _tell(self) -> None:
        self.sampled.emit(self._sample)


def _memory_now() -> MemorySample:
    import psutil

    from kdedge.core.cgroup import group_limits

    limits, memory = group_limits(), psutil.virtual_memory()
    total, available = memory.total, memory.available
    if limits.memory_bytes is not None:
        total = min(total, limits.memory_bytes)
    if limits.memory_left_bytes is not None:
        available = min(available, limits.memory_left_bytes)
    return MemorySample(total_bytes=total, available_bytes=available)
