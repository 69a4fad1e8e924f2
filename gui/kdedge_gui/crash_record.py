"""What is left when the app itself dies: native stacks in a file, shown at the next start.

Each process writes to its own file in ``KDEDGE_HOME/crashes``; a clean end leaves none.
"""

import faulthandler
import os
from pathlib import Path
from typing import IO

from kdedge.core.paths import home

_FOLDER = "crashes"
_LONGEST = 20_000


class CrashRecord:
    """Open from the start of the app to its clean end."""

    def __init__(self) -> None:
        self._path = home() / _FOLDER / f"{os.getpid()}.txt"
        self._file: IO[str] | None = None

    def open(self) -> None:
        """Let a crash of native code write its stacks; without a writable folder it does not."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8")
        except OSError:
            return
        faulthandler.enable(self._file)

    def close(self) -> None:
        """Leave nothing behind: the app ends as it should."""
        if self._file is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        self._path.unlink(missing_ok=True)

    def left_behind(self) -> str:
        """Return what the newest crash of an earlier app wrote, and forget all earlier ones."""
        found = ""
        for path in sorted(self._path.parent.glob("*.txt"), key=_age):
            if path == self._path or _is_alive(path.stem):
                continue
            try:
                found = path.read_text(encoding="utf-8", errors="replace")[:_LONGEST] or found
                path.unlink()
            except OSError:
                continue
        return found


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
