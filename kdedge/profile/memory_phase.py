"""How much memory a model takes, sampled from a process of its own, in a repetition of its own."""

import os

from kdedge.core.events import Progress
from kdedge.profile.bench import Bench
from kdedge.profile.buffer_sizes import buffer_bytes
from kdedge.profile.options import Depth
from kdedge.profile.process_memory import read_sample
from kdedge.profile.user_phase import prompt_for, request_once

NAME = "memory"
_STEPS = 3
_REQUEST = Depth(n_cached=0, n_prompt=512, n_gen=32)


def measure_memory(bench: Bench) -> None:
    """Load the model, serve one request, and keep what each step took.

    Raises:
        KdedgeError: The model cannot be loaded, or a process died.
    """
    if bench.recorder.values(NAME):
        return
    _tell(bench, 0)
    with (
        bench.instruments.timing(bench.path) as child,
        bench.instruments.watcher(child.pid, bench.path) as sampler,
    ):
        marks = [sampler.mark("start")]
        added = _added_bytes([os.getpid(), sampler.pid, child.pid])
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
    bench.recorder.add(NAME, {"marks": marks, "buffers": buffer_bytes(log), "added_bytes": added})
    _tell(bench, _STEPS)


def _added_bytes(pids: list[int]) -> int | None:
    """Return what these processes take together, files they share counted once."""
    total = 0
    for pid in pids:
        sample = read_sample(pid)
        if sample is None or sample.pss_anon_bytes is None or sample.pss_file_bytes is None:
            return None
        total += sample.pss_anon_bytes + sample.pss_file_bytes
    return total


def _request(bench: Bench) -> Depth:
    # The first request of the protocol, so that memory and speed are of the same work.
    return next(iter(bench.protocol.depths), _clipped_request(bench.settings.context_tokens))


def _clipped_request(context: int) -> Depth:
    n_prompt = min(_REQUEST.n_prompt, context - 2 * _REQUEST.n_gen)
    return Depth(n_cached=0, n_prompt=n_prompt, n_gen=_REQUEST.n_gen)


def _tell(bench: Bench, done: int) -> None:
    bench.sink(Progress(phase=NAME, done=done, total=_STEPS, unit="steps"))
