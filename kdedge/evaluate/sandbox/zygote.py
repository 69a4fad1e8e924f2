"""The fork server of a judge: forked off before the judge saw its first test.

A child forked from the judge itself would carry the tests in its memory, where model code could
look for them. The zygote sees neither tests nor programs: it makes sandboxed children, hands each
the two pipes it was given, and says how they ended.
"""

import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdedge.evaluate.judge.channel import Channel
from kdedge.evaluate.judge.child import serve
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
_READER, _WRITER = 3, 4
_MAX_CALL_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended and what it used."""

    status: int
    """As ``os.waitstatus_to_exitcode`` gives it: negative is a signal."""
    cpu_s: float
    killed: bool
    """It was still running and was ended by us."""


class Zygote:
    """The judge's handle on its fork server; one child at a time."""

    def __init__(
        self, *, level: SandboxLevel, limits: Limits, folder: Path, packages: Path | None
    ) -> None:
        mine, theirs = socket.socketpair()
        if os.fork() == 0:
            mine.close()
            try:
                _become_server(theirs, level, limits, folder, packages)
            finally:
                os._exit(0)
        theirs.close()
        self._socket = mine
        self._limits = limits

    def start(self) -> Channel:
        """Start a child and return the channel to it."""
        child_reads, judge_writes = os.pipe()
        judge_reads, child_writes = os.pipe()
        socket.send_fds(self._socket, [b"s"], [child_reads, child_writes])
        os.close(child_reads)
        os.close(child_writes)
        return Channel(judge_reads, judge_writes, max_bytes=self._limits.answer_bytes)

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
    level: SandboxLevel,
    limits: Limits,
    folder: Path,
    packages: Path | None,
) -> None:
    """Serve until the judge is gone, then leave no trace on the disk."""
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
            _serve_one(orders, sandbox)
    own_folder.empty(own)
    if level is not SandboxLevel.L3:
        shutil.rmtree(folder, ignore_errors=True)


def _serve_one(orders: socket.socket, sandbox: Sandbox) -> None:
    order, handles, _, _ = socket.recv_fds(orders, 1, 2)
    if not order:
        raise EOFError
    pid = os.fork()
    if pid == 0:
        _become_child(handles, sandbox)
    for handle in handles:
        os.close(handle)
    try:
        done = orders.recv(1)  # the judge is done with this child, or gone
    finally:
        ending = _end(pid, sandbox)
    if done:
        orders.sendall(json.dumps(ending).encode())


def _become_child(handles: list[int], sandbox: Sandbox) -> None:
    try:
        sandbox.enter()
        # Only the two pipes stay open; above them first, so that neither overwrites the other.
        high = [os.dup2(handle, number) for handle, number in zip(handles, (60, 61), strict=True)]
        os.dup2(high[0], _READER)
        os.dup2(high[1], _WRITER)
        os.closerange(_WRITER + 1, os.sysconf("SC_OPEN_MAX"))
        serve(Channel(_READER, _WRITER, max_bytes=_MAX_CALL_BYTES))
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
