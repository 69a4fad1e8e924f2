"""The processes a profile measures with; tests put other ones in their place."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kdedge.profile.sampler_client import SamplerClient
from kdedge.runtime.timing_client import TimingClient


class TimingProcess(Protocol):
    """What times: one process, one model."""

    @property
    def pid(self) -> int:
        """The process to watch."""

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one order."""


class MemoryWatcher(Protocol):
    """What watches the memory of a timing process."""

    @property
    def pid(self) -> int:
        """Its own process."""

    def mark(self, name: str) -> dict[str, Any]:
        """Return what the watched process holds now and held at most since the last mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """How the processes are started, and how long the machine is listened to first."""

    timing: Callable[[Path], AbstractContextManager[TimingProcess]] = TimingClient
    watcher: Callable[[int, Path], AbstractContextManager[MemoryWatcher]] = SamplerClient
    listen_s: float = 0.5
