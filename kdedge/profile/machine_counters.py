"""Counters of the operating system around one repetition: who else used the machine meanwhile.

Everything is read from files Linux offers without privileges; elsewhere, or where a file is
missing, the value is ``None`` and the noise verdict does without it.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

_PROC = Path("/proc")
_SYS = Path("/sys")
_STEAL, _GUEST = 7, 8
"""Fields of the cpu line in proc(5) /proc/stat, counted from ``user`` = 0."""
_IDLE_FIELDS = (3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """One reading; only differences mean something."""

    at_s: float
    busy_s: float | None
    """CPU time of everything on this machine, all cores together."""
    steal_s: float | None
    """CPU time the hypervisor gave to other machines."""
    pressure_s: float | None
    """Time in which something waited for a CPU (PSI ``some``)."""
    throttle_events: int | None
    """Times a core slowed down because it was hot."""
    quota_throttled_s: float | None
    """Time this control group was stopped for using up its share."""
    own_s: float
    """CPU time of this process; what it measures is another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What happened between two readings."""

    wall_s: float
    other_cores: float | None
    """Cores that other programs kept busy, on average."""
    steal_cores: float | None
    pressure_share: float | None
    """Share of the time in which something waited for a CPU."""
    throttle_events: int | None
    quota_throttled_s: float | None


def read_counters(proc: Path = _PROC, sys: Path = _SYS) -> Counters:
    """Return the counters as they are now.

    Args:
        proc: Where the kernel tells about processes.
        sys: Where it tells about devices.
    """
    busy_s, steal_s = _cpu_times(proc / "stat")
    return Counters(
        at_s=perf_counter(),
        busy_s=busy_s,
        steal_s=steal_s,
        pressure_s=_pressure(proc / "pressure" / "cpu"),
        throttle_events=_throttle_events(sys / "devices" / "system" / "cpu"),
        quota_throttled_s=_quota_throttled(proc, sys),
        own_s=process_time(),
    )


def between(before: Counters, after: Counters, *, measured_cpu_s: float) -> Watch:
    """Return what happened between two readings.

    Args:
        before: The earlier reading.
        after: The later one.
        measured_cpu_s: CPU time of the process under measurement meanwhile; it is no noise.
    """
    wall_s = after.at_s - before.at_s
    busy_s = _minus(after.busy_s, before.busy_s)
    steal_s = _minus(after.steal_s, before.steal_s)
    pressure_s = _minus(after.pressure_s, before.pressure_s)
    own_s = after.own_s - before.own_s + measured_cpu_s
    events = _minus(after.throttle_events, before.throttle_events)
    return Watch(
        wall_s=wall_s,
        # Ticks of a hundredth of a second make small differences come out below 0.
        other_cores=None if busy_s is None else max(0.0, busy_s - own_s) / wall_s,
        steal_cores=None if steal_s is None else steal_s / wall_s,
        pressure_share=None if pressure_s is None else min(1.0, pressure_s / wall_s),
        throttle_events=None if events is None else int(events),
        quota_throttled_s=_minus(after.quota_throttled_s, before.quota_throttled_s),
    )


def _cpu_times(stat: Path) -> tuple[float | None, float | None]:
    words = _first_line(stat).split()
    if len(words) <= _GUEST or words[0] != "cpu":
        return None, None
    ticks = [int(word) for word in words[1:]]
    # Guest time is counted in user time already; stolen time is nobody's here.
    busy = sum(ticks[:_STEAL]) - sum(ticks[field] for field in _IDLE_FIELDS)
    per_s = os.sysconf("SC_CLK_TCK")
    return busy / per_s, ticks[_STEAL] / per_s


def _pressure(path: Path) -> float | None:
    line = _first_line(path)
    total = line.rpartition("total=")[2]
    return int(total) / 1e6 if line.startswith("some") and total.isdigit() else None


def _throttle_events(cpus: Path) -> int | None:
    counts = [_first_line(path) for path in cpus.glob("cpu*/thermal_throttle/core_throttle_count")]
    numbers = [int(count) for count in counts if count.isdigit()]
    return sum(numbers) if numbers else None


def _quota_throttled(proc: Path, sys: Path) -> float | None:
    group = _text(proc / "self" / "cgroup").strip().rpartition("::")[2]
    stat = _text(sys / "fs" / "cgroup" / group.lstrip("/") / "cpu.stat")
    for line in stat.splitlines():
        name, _, value = line.partition(" ")
        if name == "throttled_usec":
            return int(value) / 1e6
    return None


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _first_line(path: Path) -> str:
    return _text(path).partition("\n")[0].strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
