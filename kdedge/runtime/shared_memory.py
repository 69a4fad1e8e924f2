"""Memory that this process and one child both see, for arrays too large for JSON lines.

A file that both map, in memory where the system has such a folder. The parent makes it, the child
opens it by name, then the name is removed: nothing is left behind, however either of them ends.
"""

import errno
import mmap
import os
import tempfile
from pathlib import Path

from kdedge.core.errors import KdedgeError

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - made by mkstemp, for its owner alone


def make_shared(n_bytes: int) -> tuple[Path, mmap.mmap]:
    """Return the name of a new file of ``n_bytes`` and its memory; remove the name when opened.

    Raises:
        KdedgeError: There is no room for it.
    """
    folders = [folder for folder in (_IN_MEMORY, Path(tempfile.gettempdir())) if folder.is_dir()]
    for folder in folders:
        found = _try_in(folder, n_bytes)
        if found is not None:
            return found
    raise KdedgeError(
        f"There is no room for {n_bytes / 1024**2:.0f} MiB in {' or '.join(map(str, folders))}.",
        hint="Free some space there, or set TMPDIR to a folder with more.",
    )


def open_shared(path: Path) -> mmap.mmap:
    """Return the memory of the file that another process made."""
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)


def _try_in(folder: Path, n_bytes: int) -> tuple[Path, mmap.mmap] | None:
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix="kdedge-")
    except OSError:
        return None
    try:
        _reserve(handle, n_bytes)
        return Path(name), mmap.mmap(handle, n_bytes)
    except OSError as error:
        Path(name).unlink()
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM}:
            raise
        return None
    finally:
        os.close(handle)


def _reserve(handle: int, n_bytes: int) -> None:
    # Merely growing the file would promise room that may not be there: writing then kills us.
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, n_bytes)
    else:
        os.ftruncate(handle, n_bytes)
