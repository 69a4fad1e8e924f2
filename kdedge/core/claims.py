"""Who works on a run: a process id together with when that process started.

A process id alone is used again after a while; with the start time it names one process for good.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStamp:
    """One process, told apart from every later one with the same id."""

    pid: int
    started: str
    """When it started, in the words of this operating system; only good for comparing."""


def this_process() -> ProcessStamp:
    """Return the stamp of the calling process."""
    pid = os.getpid()
    return ProcessStamp(pid=pid, started=_start_of(pid) or "unknown")


def is_alive(stamp: ProcessStamp) -> bool:
    """Return whether the process of ``stamp`` still runs; a zombie does not."""
    return _start_of(stamp.pid) == stamp.started


def _start_of(pid: int) -> str | None:
    return _start_on_linux(pid) if sys.platform == "linux" else _start_elsewhere(pid)


def _start_on_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command stands in brackets and may hold anything, brackets too; the rest is plain.
    state, *fields = stat.rpartition(")")[2].split()
    if state in {"Z", "X"}:
        return None
    return f"{boot}:{fields[18]}"  # field 22 of proc(5): start in clock ticks after boot


def _start_elsewhere(pid: int) -> str | None:
    import psutil  # not needed on Linux

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return f"{process.create_time():.2f}"
    except psutil.Error:
        return None
