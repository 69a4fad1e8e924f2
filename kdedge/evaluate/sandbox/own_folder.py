"""The one folder a program may write to: made empty again for the next program."""

import os
from itertools import count
from pathlib import Path


def empty(folder: Path) -> None:
    """Remove everything below ``folder``, however deep, without following links."""
    prefix, numbers = os.urandom(8).hex(), count()
    while entries := _entries(folder):
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()
                continue
            # Lifting what is inside up by one level bounds the depth of every path in use here.
            for inner in _entries(Path(entry.path)):
                Path(inner.path).rename(folder / f"{prefix}-{next(numbers)}")
            Path(entry.path).rmdir()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            Path(entry.path).chmod(0o700)  # it may have been made unreadable
    return entries
