"""The process beside a sandboxed program: has it made, reads what it prints, ends it in time.

It gets its order as one JSON line and answers with one. What the program prints is read to the
end, however much it is; only the beginning is kept.
"""

import codecs
import json
import os
import select
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.program_child import SOURCE, STANDARD, run_as_main
from kdedge.evaluate.sandbox.system import PR_SET_PDEATHSIG, prctl
from kdedge.evaluate.sandbox.zygote import Ending, Work, Zygote

KEPT_BYTES = 64 * 1024
"""Of each stream."""
_LOOK_EVERY_S = 0.02
_CHUNK_BYTES = 64 * 1024


@dataclass(slots=True, kw_only=True)
class Stream:
    """The near end of one of the program's two streams."""

    handle: int
    kept: bytearray = field(default_factory=bytearray)
    n_bytes: int = 0
    """All that was printed."""
    at_end: bool = False

    def take(self) -> bool:
        """Read once; return whether there was anything."""
        try:
            data = os.read(self.handle, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        self.at_end = not data
        self.n_bytes += len(data)
        self.kept += data[: KEPT_BYTES - len(self.kept)]
        return bool(data)

    def as_json(self) -> dict[str, object]:
        """Return what was printed, as text."""
        cut = self.n_bytes > len(self.kept)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(bytes(self.kept), final=not cut)  # no half character at the cut
        return {"text": text, "n_bytes": self.n_bytes, "cut": cut}


def main() -> None:
    """Run the one program that is asked for."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    order = json.loads(sys.stdin.readline())
    limits = Limits(**order["limits"])
    packages = order["packages"]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    zygote = Zygote(
        Work(do=partial(run_as_main, order["name"]), places=(SOURCE, *STANDARD)),
        level=SandboxLevel(order["level"]),
        limits=limits,
        folder=Path(order["folder"]),
        packages=Path(packages) if packages else None,
    )
    answers.write(json.dumps(_run(zygote, order, limits)) + "\n")
    answers.flush()


def _run(zygote: Zygote, order: Mapping[str, Any], limits: Limits) -> dict[str, object]:
    out, out_writer = os.pipe()
    err, err_writer = os.pipe()
    streams = [Stream(handle=out), Stream(handle=err)]
    for stream in streams:
        os.set_blocking(stream.handle, False)
    start = monotonic()
    zygote.start((order["source"], order["stdin"], out_writer, err_writer))
    late = not _ends_by(start + limits.wall_s, zygote, streams)
    wall_s = monotonic() - start
    ending = zygote.end()
    for stream in streams:
        while not stream.at_end and stream.take():
            pass  # what was still in the pipe
    return {
        **_fate(ending, late=late, limits=limits),
        "wall_s": wall_s,
        "cpu_s": ending.cpu_s,
        "stdout": streams[0].as_json(),
        "stderr": streams[1].as_json(),
    }


def _ends_by(deadline: float, zygote: Zygote, streams: list[Stream]) -> bool:
    """Read ``streams`` until the program is gone; return whether that was in time."""
    while (left := deadline - monotonic()) > 0:
        open_ones = {stream.handle: stream for stream in streams if not stream.at_end}
        if open_ones:
            ready, _, _ = select.select([*open_ones], [], [], min(_LOOK_EVERY_S, left))
        else:  # it is about to end, or has closed what it had
            ready = []
            sleep(_LOOK_EVERY_S / 20)
        for handle in ready:
            open_ones[handle].take()
        if not ready and zygote.has_ended():
            return True
    return False


def _fate(ending: Ending, *, late: bool, limits: Limits) -> dict[str, object]:
    # Who ignores SIGXCPU is killed by the kernel a second later.
    ignored = ending.status == -signal.SIGKILL and ending.cpu_s >= limits.cpu_s
    timed_out = late or ignored or ending.status == -signal.SIGXCPU
    died_of = None
    if ending.status < 0 and not timed_out:
        died_of = str(-ending.status)
        with suppress(ValueError):
            died_of = signal.Signals(-ending.status).name
    return {
        "timed_out": timed_out,
        "exit_code": ending.status if ending.status >= 0 and not timed_out else None,
        "signal": died_of,
    }
