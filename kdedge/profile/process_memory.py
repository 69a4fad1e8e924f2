"""What Linux says of another process' memory, taken apart; light, for the sampling process.

``RssAnon`` is what the process made itself (cache, buffers, repacked weights) and has to fit.
``RssFile`` are pages of files, the model's among them: they can be dropped, at the price of
reading them again. The size of the *model file's* pages alone stands only in ``smaps``.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySample:
    """One reading of one process, in bytes; ``None`` where the kernel does not tell."""

    rss_bytes: int
    peak_rss_bytes: int
    """``VmHWM``: the highest ``rss_bytes`` so far, even between samples."""
    anon_bytes: int
    file_bytes: int
    swap_bytes: int
    pss_anon_bytes: int | None
    pss_file_bytes: int | None
    """Shared pages are divided among those who share them."""


def parse_status(text: str) -> dict[str, int]:
    """Return the sizes in the text of ``/proc/PID/status`` or ``smaps_rollup``, in bytes."""
    sizes: dict[str, int] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        words = value.split()
        if len(words) == 2 and words[1] == "kB" and words[0].isdigit():
            sizes[name] = int(words[0]) * _KIB
    return sizes


def sample_of(status: str, rollup: str) -> MemorySample | None:
    """Return the sample in both texts; ``None`` for a process that is ending.

    Args:
        status: Text of ``/proc/PID/status``.
        rollup: Text of ``/proc/PID/smaps_rollup``; empty where there is none.
    """
    sizes, shared = parse_status(status), parse_status(rollup)
    if "VmRSS" not in sizes:
        return None
    return MemorySample(
        rss_bytes=sizes["VmRSS"],
        peak_rss_bytes=sizes["VmHWM"],
        anon_bytes=sizes.get("RssAnon", 0),
        file_bytes=sizes.get("RssFile", 0),
        swap_bytes=sizes.get("VmSwap", 0),
        pss_anon_bytes=shared.get("Pss_Anon"),
        pss_file_bytes=shared.get("Pss_File"),
    )


def mapped_bytes(smaps: str, *, path: str, inode: int) -> int:
    """Return how much of one mapped file is in memory.

    Args:
        smaps: Text of ``/proc/PID/smaps``.
        path: Real path of the file.
        inode: Its inode; some file systems show another one, then the path decides.
    """
    total = 0
    ours = False
    for line in smaps.splitlines():
        words = line.split(maxsplit=5)
        if words and "-" in words[0] and not words[0].endswith(":"):
            ours = len(words) == 6 and (words[5] == path or (inode > 0 and words[4] == str(inode)))
        elif ours and line.startswith("Rss:"):
            total += int(words[1]) * _KIB
    return total


def read_sample(pid: int, proc: Path = Path("/proc")) -> MemorySample | None:
    """Return what process ``pid`` holds; ``None`` when it is gone.

    Args:
        pid: The process.
        proc: Where the kernel tells about processes.
    """
    status = _text(proc / str(pid) / "status")
    return sample_of(status, _text(proc / str(pid) / "smaps_rollup"))


def read_mapped(pid: int, model_path: str, proc: Path = Path("/proc")) -> int | None:
    """Return how much of the model file process ``pid`` holds; ``None`` when nobody tells.

    Args:
        pid: The process.
        model_path: The file; links are followed.
        proc: Where the kernel tells about processes.
    """
    smaps = _text(proc / str(pid) / "smaps")
    if not smaps:
        return None
    path = os.path.realpath(model_path)
    try:
        inode = Path(path).stat().st_ino
    except OSError:
        inode = 0
    return mapped_bytes(smaps, path=path, inode=inode)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
