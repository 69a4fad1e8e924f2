"""Files are written whole or not at all: a temporary beside the target, fsync, rename."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kdedge.core.errors import KdedgeError


def write_text(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` whole, in UTF-8; an earlier file stays until the new one is there.

    Raises:
        KdedgeError: The folder is missing or may not be written, or the disk is full.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; it takes the place of ``path`` on a clean exit.

    Raises:
        KdedgeError: The folder is missing or may not be written, or the disk is full.
    """
    partial = None
    try:
        partial = _temporary_beside(path)
        yield partial
        with partial.open("rb+") as done:
            os.fsync(done.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> KdedgeError:
    """Return the sentence for ``error``, which writing ``path`` raised."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return KdedgeError(
            f"The disk is full: {path} was not written.", hint="Free some space and try again."
        )
    if error.errno == errno.ENOENT:
        return KdedgeError(
            f"{path} was not written: the folder {path.parent} does not exist.",
            hint="Make the folder first, or choose another path.",
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return KdedgeError(
            f"{path} was not written: no permission to write there.",
            hint="Choose a folder you may write to.",
        )
    return KdedgeError(
        f"{path} was not written: {error.strerror or error}.", hint="Choose another path."
    )


def _temporary_beside(path: Path) -> Path:
    # mkstemp makes files only their owner can read; a result should get the usual rights.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    mask = os.umask(0)
    os.umask(mask)
    os.fchmod(handle, 0o666 & ~mask)
    os.close(handle)
    return Path(name)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system lets a folder be opened or synced
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
