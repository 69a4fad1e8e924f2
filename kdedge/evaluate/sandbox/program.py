"""One Python program, run closed in, and what became of it.

The same sandbox as the judge's: no network, no files but its own folder, no other processes or
threads, bounded memory and time. For programs that somebody wants to see run; a verdict comes
from ``kdedge.evaluate.judge``.
"""

import json
import math
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.evaluate.sandbox.fresh import folder_of_numpy, fresh_environment, fresh_python
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.probe import chosen_level

LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a program wrote to one stream."""

    text: str
    """The beginning of it, at most 64 KiB; bytes that are no UTF-8 are replaced."""
    n_bytes: int
    """All of it."""
    cut: bool
    """There was more than ``text``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRun:
    """What became of one program."""

    level: SandboxLevel
    timeout_s: float
    wall_s: float
    cpu_s: float
    exit_code: int | None
    """``None`` when it did not end by itself."""
    signal: str | None
    """The signal it died of, such as SIGSEGV, if that was not for its time."""
    timed_out: bool
    stdout: Printed
    stderr: Printed

    @property
    def in_words(self) -> str:
        """Return how it ended, as a sentence without its end."""
        if self.timed_out:
            return f"stopped after {self.timeout_s:g} s"
        if self.signal == "SIGKILL":
            return "killed by the system, most likely for the memory it took"
        if self.signal is not None:
            return f"died of {self.signal}"
        return f"exit code {self.exit_code}"

    def as_json(self) -> dict[str, Json]:
        """Return the result document."""
        return {
            "schema": "kdedge.sandbox/1",
            **asdict(self),
            "level": self.level.value,
            "ending": self.in_words,
        }


def run_program(
    path: Path,
    *,
    timeout_s: float,
    stdin: Path | None = None,
    allow_weak: bool = False,
    level: SandboxLevel | None = None,
) -> ProgramRun:
    """Run the Python program at ``path`` and return what became of it.

    Args:
        path: Its source; the program itself cannot see the file or its folder.
        timeout_s: Seconds on the clock after which it is stopped, at most an hour.
        stdin: A file it reads as its input; without one, the input is at its end.
        allow_weak: Accept level L1.
        level: ``None`` is the strongest that works here.

    Raises:
        KdedgeError: A file cannot be read, there is no sandbox, or only a weak one.
        ValueError: The timeout is not possible.
    """
    if not 0 < timeout_s <= LONGEST_S:
        raise ValueError(f"a timeout of {timeout_s} s is not in (0, {LONGEST_S}]")
    chosen = chosen_level(wanted=level, allow_weak=allow_weak)
    with _opened(path) as source, _opened(stdin or Path(os.devnull)) as given, _folder() as folder:
        answer = _asked(
            {
                "name": path.name,
                "source": source,
                "stdin": given,
                "level": chosen.value,
                # The clock is to be what stops it: one second more of CPU than there is.
                "limits": asdict(Limits(wall_s=timeout_s, cpu_s=math.ceil(timeout_s) + 1)),
                "folder": str(folder),
                "packages": None if (numpy := folder_of_numpy()) is None else str(numpy),
            },
            handles=(source, given),
        )
    return ProgramRun(
        level=chosen,
        timeout_s=timeout_s,
        stdout=Printed(**answer.pop("stdout")),
        stderr=Printed(**answer.pop("stderr")),
        **answer,
    )


def _asked(order: dict[str, Any], *, handles: tuple[int, ...]) -> dict[str, Any]:
    """Return the answer of a process that is started for ``order``.

    Raises:
        KdedgeError: It died.
    """
    process = subprocess.Popen(
        fresh_python("kdedge.evaluate.sandbox.program_process"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=fresh_environment(),
        pass_fds=handles,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        line, _ = process.communicate(json.dumps(order) + "\n")
    except BaseException:  # Ctrl-C: its fork server notices and ends the program
        process.kill()
        process.communicate()
        raise
    if not line.endswith("\n"):
        raise KdedgeError(
            "The process beside the program died, so there is nothing to tell of it.",
            hint="Try again; if memory is short, close other programs first.",
        )
    answer: dict[str, Any] = json.loads(line)
    return answer


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Give a handle on the file at ``path``.

    Raises:
        KdedgeError: It cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise KdedgeError(
            f"{path} cannot be read: {error.strerror}.", hint="Check path and permissions."
        ) from error
    try:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise KdedgeError(f"{path} is a folder.", hint="Name a file in it.")
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kdedge-sandbox-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
