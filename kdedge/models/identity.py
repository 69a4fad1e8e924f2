"""The sha256 of a model, computed once for a file that does not change.

A file is taken to be the same while its path, size, times and inode are.
"""

import hashlib
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Progress, Sink, ignore
from kdedge.core.files import write_text
from kdedge.core.paths import home

_CHUNK_BYTES = 4 * 1024**2
_MIB = 1024**2
_SETTLED_S = 2.0
"""A file changed this recently could change again within the same time stamp."""


def sha256_of(path: Path, *, sink: Sink = ignore) -> str:
    """Return the sha256 of the file at ``path`` in hexadecimal.

    Args:
        path: The file; it should not change meanwhile.
        sink: Told how much has been read.

    Raises:
        KdedgeError: The file is missing, cannot be read, or changed while it was read.
    """
    known = remembered_sha256(path)
    if known is not None:
        return known
    sha256, status = _read(path, sink)
    if datetime.now(UTC).timestamp() - max(status.st_mtime, status.st_ctime) > _SETTLED_S:
        _remember(path, stamp=_stamp(status), sha256=sha256)
    return sha256


def read_sha256(path: Path, *, sink: Sink = ignore) -> str:
    """Return the sha256 of what is in the file at ``path`` now; nothing remembered is believed.

    Args:
        path: The file; it should not change meanwhile.
        sink: Told how much has been read.

    Raises:
        KdedgeError: The file is missing, cannot be read, or changed while it was read.
    """
    return _read(path, sink)[0]


def remembered_sha256(path: Path) -> str | None:
    """Return the sha256 that the file at ``path`` had; ``None`` if it was changed since.

    Raises:
        KdedgeError: The file is missing or cannot be read.
    """
    try:
        status = path.stat()
    except OSError as error:
        _raise_unreadable(path, error)
    known = _known().get(str(path.absolute()))
    if isinstance(known, dict) and known.get("stamp") == _stamp(status):
        return str(known["sha256"])
    return None


def remember_sha256(path: Path, sha256: str) -> None:
    """Keep the sha256 of the file at ``path``, which the caller has just read or written.

    Args:
        path: The file, as it will be from now on.
        sha256: In hexadecimal.
    """
    with suppress(OSError):
        _remember(path, stamp=_stamp(path.stat()), sha256=sha256)


def _read(path: Path, sink: Sink) -> tuple[str, os.stat_result]:
    """Return the sha256 of the file and what it was like afterwards.

    Raises:
        KdedgeError: It is missing, cannot be read, or changed meanwhile.
    """
    try:
        with path.open("rb") as file:
            before = _stamp(os.fstat(file.fileno()))
            digest = hashlib.sha256()
            total, done = before[0], 0
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                done += len(chunk)
                sink(Progress(phase="hashing", done=done // _MIB, total=total // _MIB, unit="MiB"))
            after = os.fstat(file.fileno())
    except OSError as error:
        _raise_unreadable(path, error)
    if _stamp(after) != before or done != total:
        raise KdedgeError(
            f"{path} changed while it was read.", hint="Wait until it is written, then try again."
        )
    return digest.hexdigest(), after


def _raise_unreadable(path: Path, error: OSError) -> NoReturn:
    raise KdedgeError(
        f"{path} cannot be read: {error.strerror or error}.",
        hint="Check path and permissions.",
    ) from error


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _known() -> dict[str, object]:
    try:
        known = json.loads(_cache_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # a cache that cannot be read is no cache
    return known if isinstance(known, dict) else {}


def _remember(path: Path, *, stamp: list[int], sha256: str) -> None:
    known = _known()
    known[str(path.absolute())] = {"stamp": stamp, "sha256": sha256}
    with suppress(KdedgeError, OSError):  # without a cache, hashing is only slower
        _cache_path().parent.mkdir(parents=True, exist_ok=True)
        write_text(_cache_path(), json.dumps(known, indent=1))


def _cache_path() -> Path:
    return home() / "sha256.json"
