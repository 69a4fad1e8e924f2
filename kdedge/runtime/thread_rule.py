"""How many threads llama.cpp's own programs use when nobody says: one a performance core."""

import os
import sys
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_PERFORMANCE_CPUS = Path("/sys/devices/cpu_core/cpus")
"""Only there on hybrid Intel CPUs; lists the logical CPUs that are performance cores."""
_FEW = 4


def default_threads() -> int:
    """Return llama-bench's default, but never more than this process may run on.

    Follows ``common_cpu_get_num_math``: performance cores of a hybrid CPU, else physical cores,
    else all of up to four logical CPUs and half of more.
    """
    cores = _physical_cores() if sys.platform == "linux" else None
    logical = os.cpu_count() or _FEW
    threads = cores or (logical if logical <= _FEW else logical // 2)
    return max(1, min(threads, _usable()))


def _physical_cores(cpus: Path = _CPUS, performance: Path = _PERFORMANCE_CPUS) -> int | None:
    chosen = _cpu_list(_text(performance))
    siblings = {
        _text(cpu / "topology" / "thread_siblings")
        for cpu in cpus.glob("cpu[0-9]*")
        if not chosen or int(cpu.name.removeprefix("cpu")) in chosen
    }
    return len(siblings - {""}) or None


def _cpu_list(text: str) -> set[int]:
    """Return the numbers of a list like ``0-3,8``."""
    numbers: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _usable() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
