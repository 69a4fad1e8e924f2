"""Files are written whole or not at all: a temporary beside the target, fsync, rename."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from kdedge.core.errors import KdedgeError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


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

    Yields:
        The temporary path; it exists, empty.

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
        raise_cannot_write(path, error)
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


@contextmanager
def temporary_folder(parent: Path, *, prefix: str) -> Iterator[Path]:
    """Give an empty folder in ``parent``; it is removed with all that is in it.

    Yields:
        The folder.

    Raises:
        KdedgeError: No folder can be made there.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
    except OSError as error:
        raise_cannot_write(parent, error)
    with folder as name:
        yield Path(name)


def raise_cannot_write(path: Path, error: OSError) -> NoReturn:
    """Say in a sentence what ``error``, met while writing ``path``, means.

    Raises:
        KdedgeError: Always.
    """
    raise KdedgeError(
        f"{path} was not written: {_cause(path, error)}.", hint=_remedy(error)
    ) from error


def _cause(path: Path, error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk is full"
    if error.errno == errno.ENOENT:
        return f"the folder {path.parent} does not exist"
    if error.errno in _FORBIDDEN:
        return "no permission to write there"
    return error.strerror or str(error)


def _remedy(error: OSError) -> str:
    if error.errno in _FULL:
        return "Free some space and try again."
    if error.errno == errno.ENOENT:
        return "Make the folder first, or choose another path."
    return "Choose a folder you may write to."


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
