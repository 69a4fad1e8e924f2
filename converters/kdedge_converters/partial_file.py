"""A file that is there whole or not at all: written beside its place, synced, then renamed.

The partial file has a fixed name and is locked: two conversions to one place cannot mix, and what
a killed one left behind is taken over by the next.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from kdedge_converters.errors import ConversionError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def partial_file(target: Path) -> Iterator[BinaryIO]:
    """Give a file to write; it takes the place of ``target`` on a clean exit, else it is removed.

    Yields:
        The file, empty and unbuffered.

    Raises:
        ConversionError: The folder is missing or may not be written, the disk is full, or another
            conversion writes to the same place.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        if target.is_dir():
            raise ConversionError(f"{target} is a folder.", hint="Name a file in it.")
        with _locked(partial, target) as file:
            try:
                yield file
                os.fsync(file.fileno())
                partial.replace(target)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        _sync_folder(target.parent)
    except OSError as error:
        _raise_cannot_write(target, error)


@contextmanager
def _locked(partial: Path, target: Path) -> Iterator[BinaryIO]:
    """Give the file at ``partial``, emptied, that nobody else writes.

    Yields:
        The open file.

    Raises:
        ConversionError: Another process writes it.
    """
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    with os.fdopen(handle, "wb", buffering=0) as file:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = os.path.samestat(os.fstat(handle), os.lstat(partial))
        except (BlockingIOError, FileNotFoundError):
            ours = False
        if not ours:  # locked, or its owner renamed it between our opening and our locking
            raise ConversionError(
                f"Another conversion is writing {target}.", hint="Wait for it, or name another."
            )
        os.ftruncate(handle, 0)
        yield file


def _raise_cannot_write(target: Path, error: OSError) -> NoReturn:
    if error.errno in _FULL:
        cause, remedy = "the disk is full", "Free some space and try again."
    elif error.errno == errno.ENOENT:
        cause = f"the folder {target.parent} does not exist"
        remedy = "Make the folder first, or choose another path."
    elif error.errno in _FORBIDDEN:
        cause, remedy = "no permission to write there", "Choose a folder you may write to."
    else:
        cause, remedy = error.strerror or str(error), "Choose another path."
    raise ConversionError(f"{target} was not written: {cause}.", hint=remedy) from error


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system lets a folder be opened or synced
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
