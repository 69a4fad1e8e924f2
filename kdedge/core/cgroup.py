"""What the control group of this process may use: a container's limits on cores and memory.

Reads both hierarchies of Linux, version 2 and the older one per controller. Elsewhere and
without limits everything is ``None``.
"""

from dataclasses import dataclass
from pathlib import Path

_NO_LIMIT_BYTES = 2**60
"""The older hierarchy writes "no limit" as a number near the top of 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLimits:
    """The tightest limits of this process's control group and those around it."""

    cores: float | None
    """CPU time a second may take, in seconds."""
    memory_bytes: int | None
    memory_left_bytes: int | None
    """What of ``memory_bytes`` is still free, file cache that can go counted as free."""


def group_limits(
    *, proc: Path = Path("/proc"), root: Path = Path("/sys/fs/cgroup")
) -> GroupLimits:
    """Return the limits that hold for this process.

    Args:
        proc: Where processes are shown.
        root: Where the control groups are shown.
    """
    memberships = _memberships(proc / "self" / "cgroup")
    cores: list[float] = []
    limits: list[int] = []
    left: list[int] = []
    for folder in _around(root, memberships.get("")):
        cores += _cores_v2(folder)
        limit, used, cache = "memory.max", "memory.current", "inactive_file"
        _add_memory(folder, (limit, used, cache), limits, left)
    for folder in _around(root / "memory", memberships.get("memory")):
        limit, used, cache = (
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        )
        _add_memory(folder, (limit, used, cache), limits, left)
    for folder in _around(root / "cpu", memberships.get("cpu")):
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota and period and quota > 0:
            cores.append(quota / period)
    return GroupLimits(
        cores=min(cores, default=None),
        memory_bytes=min(limits, default=None),
        memory_left_bytes=min(left, default=None),
    )


def _memberships(path: Path) -> dict[str, str]:
    groups: dict[str, str] = {}
    for line in (_text(path) or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        for controller in controllers.split(","):
            groups[controller] = group
    return groups


def _around(base: Path, group: str | None) -> list[Path]:
    # From the outside in. Inside a container the path may name a folder that is not shown there.
    folders = [base]
    for part in Path(group or "/").parts[1:]:
        folders.append(folders[-1] / part)
    return [folder for folder in folders if ".." not in folder.parts and folder.is_dir()]


def _cores_v2(folder: Path) -> list[float]:
    words = (_text(folder / "cpu.max") or "").split()
    if len(words) == 2 and all(word.isdigit() for word in words) and int(words[1]):
        return [int(words[0]) / int(words[1])]
    return []


def _add_memory(
    folder: Path, names: tuple[str, str, str], limits: list[int], left: list[int]
) -> None:
    limit_name, used_name, cache_name = names
    limit, used = _number(folder / limit_name), _number(folder / used_name)
    if limit is None or not 0 < limit < _NO_LIMIT_BYTES:
        return
    limits.append(limit)
    if used is not None:
        left.append(max(0, limit - max(0, used - _cache_bytes(folder, cache_name))))


def _cache_bytes(folder: Path, name: str) -> int:
    for line in (_text(folder / "memory.stat") or "").splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == name and words[1].isdigit():
            return int(words[1])
    return 0


def _number(path: Path) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.removeprefix("-").isdigit() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
