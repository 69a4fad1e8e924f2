"""How much memory a model takes, sampled from a process of its own, in a repetition of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Progress
from kdedge.profile.bench import Bench
from kdedge.profile.buffer_sizes import buffer_bytes
from kdedge.profile.options import Depth
from kdedge.profile.user_phase import prompt_for, request_once
from kdedge.runtime.timing_client import TimingClient

NAME = "memory"
INTERVAL_MS = 50
_STEPS = 3
_REQUEST = Depth(n_cached=0, n_prompt=512, n_gen=32)


class SamplerClient:
    """The sampling process; a context manager that never leaves it behind."""

    def __init__(self, pid: int, model_path: Path) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kdedge.profile.memory_sampler",
                str(pid),
                str(model_path),
                str(INTERVAL_MS),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def mark(self, name: str) -> dict[str, Any]:
        """Return what the process holds at this moment and held at most since the last mark.

        Raises:
            KdedgeError: The sampler died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{name}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):
            raise KdedgeError(
                f"The process that samples memory ended with code {self._process.wait()}.",
                hint="Run again with --debug to see what it printed.",
            )
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def measure_memory(bench: Bench) -> None:
    """Load the model, serve one request, and keep what each step took.

    Raises:
        KdedgeError: The model cannot be loaded, or a process died.
    """
    if bench.recorder.values(NAME):
        return
    _tell(bench, 0)
    with (
        TimingClient(bench.path) as child,
        SamplerClient(child.pid, bench.path) as sampler,
    ):
        marks = [sampler.mark("start")]
        loaded = bench.load(child)
        marks.append(sampler.mark("loaded"))
        _tell(bench, 1)
        context = bench.open_context(child, bench.settings.context_tokens)
        marks.append(sampler.mark("context"))
        _tell(bench, 2)
        request = _request(bench)
        request_once(child, prompt_for(child, request), request, bench)
        marks.append(sampler.mark("request"))
    log = loaded["log"] + context["log"]
    bench.recorder.add(NAME, {"marks": marks, "buffers": buffer_bytes(log)})
    _tell(bench, _STEPS)


def _request(bench: Bench) -> Depth:
    # The first request of the protocol, so that memory and speed are of the same work.
    return next(iter(bench.protocol.depths), _clipped_request(bench.settings.context_tokens))


def _clipped_request(context: int) -> Depth:
    n_prompt = min(_REQUEST.n_prompt, context - 2 * _REQUEST.n_gen)
    return Depth(n_cached=0, n_prompt=n_prompt, n_gen=_REQUEST.n_gen)


def _tell(bench: Bench, done: int) -> None:
    bench.sink(Progress(phase=NAME, done=done, total=_STEPS, unit="steps"))
