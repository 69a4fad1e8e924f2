"""Facts about this machine that stand beside every measurement. Its name is not one of them."""

import os
import platform
from dataclasses import asdict, dataclass

from kdedge.core.cgroup import group_limits
from kdedge.core.cpu import cpu_features, cpu_model, governor
from kdedge.core.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What was there when a run began."""

    os: str
    kernel: str
    cpu_model: str
    cpu_features: tuple[str, ...]
    """What ggml has kernels for; empty where the system does not tell."""
    physical_cores: int | None
    logical_cores: int
    usable_cores: int
    """What this process may use: its CPU affinity and a container's quota, at least 1."""
    memory_total_bytes: int
    """Of the machine, or of the container if that has less."""
    memory_available_bytes: int
    """What can be had without swapping, a container's limit respected."""
    governor: str | None
    on_battery: bool | None
    """``None`` without a battery, or when the system does not tell."""
    load_average_1m: float | None
    python: str

    def as_json(self) -> dict[str, Json]:
        """Return the ``machine`` object of a result document."""
        return {**asdict(self), "cpu_features": list(self.cpu_features)}


def machine_facts() -> MachineFacts:
    """Return the facts as they are now."""
    import psutil  # takes a while to import

    limits = group_limits()
    memory = psutil.virtual_memory()
    logical = psutil.cpu_count(logical=True) or 1
    usable = _affinity() or logical
    if limits.cores is not None:
        usable = min(usable, max(1, int(limits.cores)))
    return MachineFacts(
        os=f"{platform.system()} {platform.machine()}",
        kernel=platform.release(),
        cpu_model=cpu_model(),
        cpu_features=cpu_features(),
        physical_cores=psutil.cpu_count(logical=False),
        logical_cores=logical,
        usable_cores=usable,
        memory_total_bytes=_least(memory.total, limits.memory_bytes),
        memory_available_bytes=_least(memory.available, limits.memory_left_bytes),
        governor=governor(),
        on_battery=_on_battery(),
        load_average_1m=_load_average(),
        python=platform.python_version(),
    )


def _affinity() -> int | None:
    ask = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return None if ask is None else len(ask(0))


def _least(first: int, second: int | None) -> int:
    return first if second is None else min(first, second)


def _on_battery() -> bool | None:
    import psutil

    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError, ValueError):
        return None  # psutil has no reader for this system, or the system shows odd values
    if battery is None or battery.power_plugged is None:
        return None
    return not battery.power_plugged


def _load_average() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None
