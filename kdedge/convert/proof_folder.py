"""Where the exact copies of a proof lie while it is made: beside the target, gone afterwards.

A killed process cannot clean up, and the copies are large. So each folder is locked by whoever
uses it, and the next proof in the same place removes those that nobody holds any more.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kdedge.core.files import raise_cannot_write

_PREFIX = ".kdedge-proof-"


@contextmanager
def proof_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target``; it is removed with all that is in it.

    Yields:
        The folder.

    Raises:
        KdedgeError: No folder can be made there.
    """
    remove_abandoned(target.parent)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
        handle = _locked(folder)
    except OSError as error:
        raise_cannot_write(target, error)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of proofs in ``parent`` whose process is gone."""
    for folder in parent.glob(_PREFIX + "*"):
        if folder.is_symlink() or not folder.is_dir():
            continue
        handle = _locked(folder)
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


def _locked(folder: Path) -> int | None:
    """Return a handle that keeps ``folder`` locked; ``None`` if somebody else holds it."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
