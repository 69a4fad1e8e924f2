"""The fork server of a judge: forked off before the judge saw its first test.

A child forked from the judge itself would carry the tests in its memory, where model code could
look for them. The zygote only ever sees programs.
"""

import array
import gc
import importlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdedge.evaluate.judge.channel import Channel
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel

_PRELOADED = (
    "bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "hashlib",
    "heapq", "itertools", "json", "math", "operator", "random", "re", "statistics", "string",
    "typing",
)  # fmt: skip
_MAX_ORDER_BYTES = 16 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended and what it used."""

    status: int
    """As ``os.waitstatus_to_exitcode`` gives it: negative is a signal."""
    cpu_s: float


class Zygote:
    """The judge's handle on its fork server; one child at a time."""

    def __init__(self, *, level: SandboxLevel, limits: Limits, folder: Path) -> None:
        mine, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            mine.close()
            os.close(0)
            os.close(1)
            os.open(os.devnull, os.O_RDWR)
            os.dup(0)
            try:
                _Server(theirs, level=level, limits=limits, folder=folder).run()
            finally:
                os._exit(0)
        theirs.close()
        self._socket = mine
        self._limits = limits

    def start(self, program: str, *, function: str) -> Channel:
        """Start a child that runs ``program`` and return the channel to it."""
        child_reads, judge_writes = os.pipe()
        judge_reads, child_writes = os.pipe()
        order = json.dumps([program, function]).encode()
        self._socket.sendall(len(order).to_bytes(4, "big") + order)
        socket.send_fds(self._socket, [b"f"], [child_reads, child_writes])
        os.close(child_reads)
        os.close(child_writes)
        return Channel(judge_reads, judge_writes, max_bytes=self._limits.answer_bytes)

    def end(self) -> Ending:
        """Kill the child and return how it had ended, or that it was killed."""
        self._socket.sendall(b"\0\0\0\0")
        status, cpu_s = json.loads(
            _exactly(self._socket, int.from_bytes(_exactly(self._socket, 4), "big"))
        )
        return Ending(status=status, cpu_s=cpu_s)


class _Server:
    def __init__(
        self, orders: socket.socket, *, level: SandboxLevel, limits: Limits, folder: Path
    ) -> None:
        self._orders = orders
        self._level = level
        self._limits = limits
        self._folder = folder

    def run(self) -> None:
        for name in _PRELOADED:
            importlib.import_module(name)
        importlib.import_module("kdedge.evaluate.judge.child")
        gc.collect()
        gc.freeze()  # children then share these pages instead of copying them
        with suppress(EOFError, ConnectionError):
            while True:
                self._run_one()

    def _run_one(self) -> None:
        size = int.from_bytes(_exactly(self._orders, 4), "big")
        if size > _MAX_ORDER_BYTES:
            raise EOFError
        program, function = json.loads(_exactly(self._orders, size))
        handles = _receive_handles(self._orders)
        pid = os.fork()
        if pid == 0:
            self._become_child(program, function, handles)
        for handle in handles:
            os.close(handle)
        try:
            _exactly(self._orders, 4)  # the judge is done with this child
        finally:
            ending = self._finish(pid)
        answer = json.dumps(ending).encode()
        self._orders.sendall(len(answer).to_bytes(4, "big") + answer)

    def _become_child(self, program: str, function: str, handles: list[int]) -> None:
        from kdedge.evaluate.judge.child import serve

        try:
            # Only the two pipes stay open, at known numbers.
            reader, writer = os.dup2(handles[0], 3 + 60), os.dup2(handles[1], 3 + 61)
            os.closerange(3, reader)
            os.closerange(writer + 1, os.sysconf("SC_OPEN_MAX"))
            serve(
                program,
                function=function,
                channel=Channel(reader, writer, max_bytes=_MAX_ORDER_BYTES),
                level=self._level,
                limits=self._limits,
                folder=self._folder,
            )
        finally:
            os._exit(0)

    def _finish(self, pid: int) -> tuple[int, float]:
        _, status, usage = os.wait4(pid, os.WNOHANG)
        if not _:
            os.kill(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
        _empty(self._folder)
        return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _empty(folder: Path) -> None:
    import shutil

    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        yield from list(found)


def _receive_handles(orders: socket.socket) -> list[int]:
    _, handles, _, _ = socket.recv_fds(orders, 1, 2)
    return list(array.array("i", handles))


def _exactly(source: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = source.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
