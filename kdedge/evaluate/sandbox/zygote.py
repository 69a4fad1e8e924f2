"""The fork server: makes sandboxed children one after the other, and says how they ended.

It is forked off before its process saw a test: a child forked from a judge itself would carry the
tests in its memory, where model code could look for them. The zygote sees neither tests nor
programs; each child gets the handles that were sent for it, and nothing else is open in it.
"""

import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdedge.evaluate.sandbox import own_folder
from kdedge.evaluate.sandbox.enter import Sandbox, prepare
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.namespaces import forget, leave_shared

_PRELOADED = (
    "abc", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections", "contextlib",
    "copy", "ctypes", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "hashlib", "heapq", "inspect", "io", "itertools", "json", "math", "numbers", "operator", "os",
    "queue", "random", "re", "statistics", "string", "struct", "tempfile", "textwrap", "threading",
    "time", "traceback", "typing", "unicodedata", "warnings",
)  # fmt: skip
_LIBRARIES = ("numpy", "numpy.libs")
_MAX_HANDLES = 4
_HIGHEST = 60
"""Handles are first moved from here on, so that none overwrites another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended and what it used."""

    status: int
    """As ``os.waitstatus_to_exitcode`` gives it: negative is a signal."""
    cpu_s: float
    killed: bool
    """It was still running and was ended by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every child of one fork server does, and where it finds its handles."""

    do: Callable[[], object]
    places: tuple[int, ...]
    """Numbers that the handles sent for a child have in it, at most four."""


class Zygote:
    """The handle on a fork server; one child at a time."""

    def __init__(
        self,
        work: Work,
        *,
        level: SandboxLevel,
        limits: Limits,
        folder: Path,
        packages: Path | None,
    ) -> None:
        mine, theirs = socket.socketpair()
        if os.fork() == 0:
            mine.close()
            try:
                _become_server(theirs, work, level, limits, folder, packages)
            finally:
                os._exit(0)
        theirs.close()
        self._socket = mine

    def start(self, handles: Sequence[int]) -> None:
        """Start a child; ``handles`` become its own, and are closed here.

        Args:
            handles: As many as the work has places.
        """
        socket.send_fds(self._socket, [b"s"], handles)
        for handle in handles:
            os.close(handle)

    def has_ended(self) -> bool:
        """Return whether the child is gone by itself.

        Raises:
            EOFError: The fork server itself is gone.
        """
        self._socket.sendall(b"?")
        answer = self._socket.recv(1)
        if not answer:
            raise EOFError("the fork server is gone")
        return answer == b"y"

    def end(self) -> Ending:
        """Kill the child if it still runs, and return how it ended.

        Raises:
            EOFError: The fork server itself is gone.
        """
        self._socket.sendall(b"e")
        answer = self._socket.recv(4096)
        if not answer:
            raise EOFError("the fork server is gone")
        return Ending(**json.loads(answer))


def _become_server(
    orders: socket.socket,
    work: Work,
    level: SandboxLevel,
    limits: Limits,
    folder: Path,
    packages: Path | None,
) -> None:
    """Serve until the other end is gone, then leave no trace on the disk."""
    own = folder / "own"
    own.mkdir()
    libraries = _link_libraries(folder / "libraries", packages)
    _silence()
    for name in _PRELOADED:
        importlib.import_module(name)
    sys.path[:] = [path for path in sys.path if Path(path) in _standard_folders()]
    sys.path.append(str(folder / "libraries"))
    if level is SandboxLevel.L3:
        leave_shared()
        first = os.fork()
        if first:
            orders.close()
            os.waitpid(first, 0)
            with suppress(OSError):
                forget(own)
            shutil.rmtree(folder, ignore_errors=True)
            return
    sandbox = prepare(level, limits=limits, folder=own, libraries=libraries)
    gc.collect()
    gc.freeze()  # children then share these pages instead of copying them
    with suppress(EOFError, ConnectionError):
        while True:
            _serve_one(orders, work, sandbox)
    own_folder.empty(own)
    if level is not SandboxLevel.L3:
        shutil.rmtree(folder, ignore_errors=True)


def _serve_one(orders: socket.socket, work: Work, sandbox: Sandbox) -> None:
    order, handles, _, _ = socket.recv_fds(orders, 1, _MAX_HANDLES)
    if not order:
        raise EOFError
    pid = os.fork()
    if pid == 0:
        _become_child(handles, work, sandbox)
    for handle in handles:
        os.close(handle)
    try:
        while (order := orders.recv(1)) == b"?":
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            orders.sendall(b"y" if ended else b"n")
    finally:  # the other end is done with this child, or gone
        ending = _end(pid, sandbox)
    if order:
        orders.sendall(json.dumps(ending).encode())


def _become_child(handles: list[int], work: Work, sandbox: Sandbox) -> None:
    try:
        sandbox.enter()
        high = [os.dup2(handle, _HIGHEST + n) for n, handle in enumerate(handles)]
        for handle, place in zip(high, work.places, strict=True):
            os.dup2(handle, place)
        os.closerange(max(work.places) + 1, os.sysconf("SC_OPEN_MAX"))
        work.do()
    finally:
        os._exit(0)


def _end(pid: int, sandbox: Sandbox) -> dict[str, object]:
    ended, status, usage = os.wait4(pid, os.WNOHANG)
    if not ended:
        os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
    if sandbox.level is SandboxLevel.L1:
        _end_orphans()
    own_folder.empty(sandbox.folder)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "killed": not ended,
    }


def _end_orphans() -> None:
    """Kill what a program started and left behind; the kernel made this process their parent."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while pids := children.read_text().split():
        for pid in map(int, pids):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _link_libraries(links: Path, packages: Path | None) -> tuple[Path, ...]:
    """Make a folder to import from that holds numpy alone, not all that is installed."""
    links.mkdir()
    if packages is None:
        return (links,)
    found = [packages / name for name in _LIBRARIES if (packages / name).is_dir()]
    for library in found:
        (links / library.name).symlink_to(library)
    return (links, *found)


def _standard_folders() -> set[Path]:
    import sysconfig

    standard = Path(sysconfig.get_path("stdlib"))
    return {standard, standard / "lib-dynload", Path(sysconfig.get_path("platstdlib"))}


def _silence() -> None:
    """Send what programs print to nowhere; reading gives the end of file."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)
    os.close(nowhere)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the child's life
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
