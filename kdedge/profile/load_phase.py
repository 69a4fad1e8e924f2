"""How long it takes until a model can answer: a fresh process each time, file cached or not."""

from time import perf_counter_ns

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Progress
from kdedge.profile.bench import Bench
from kdedge.profile.recorder import Value
from kdedge.runtime.page_cache import cached_fraction, drop_from_cache

NAME = "load"
COLD, WARM, PARTLY, UNKNOWN = "cold", "warm", "partly_cached", "unknown"
_COLD_BELOW, _WARM_ABOVE = 0.05, 0.95


def measure_load(bench: Bench) -> None:
    """Measure the loads that are missing; the first one from the disk where that is wanted.

    Raises:
        KdedgeError: The model cannot be loaded, or the process died.
    """
    cold = int(bench.protocol.cold_load)
    wanted = cold + bench.protocol.warm_loads
    while (done := len(bench.recorder.values(NAME))) < wanted:
        bench.sink(Progress(phase=NAME, done=done, total=wanted, unit="loads"))
        if done < cold:
            _make_cold(bench)
        bench.recorder.add(NAME, _load_once(bench))
    bench.sink(Progress(phase=NAME, done=wanted, total=wanted, unit="loads"))


def kind_of(fraction: float | None) -> str:
    """Return the label of a load that found ``fraction`` of the file in memory."""
    if fraction is None:
        return UNKNOWN
    return COLD if fraction <= _COLD_BELOW else WARM if fraction >= _WARM_ABOVE else PARTLY


def _make_cold(bench: Bench) -> None:
    try:
        drop_from_cache(bench.path)
    except OSError as error:
        bench.sink(Note(text=f"{bench.path.name} stays in the page cache: {error}"))


def _load_once(bench: Bench) -> Value:
    try:
        fraction = cached_fraction(bench.path)
    except OSError as error:
        raise KdedgeError(
            f"{bench.path} cannot be read: {error.strerror}.", hint="See `kdedge models list`."
        ) from error
    start = perf_counter_ns()
    with bench.instruments.timing(bench.path) as child:
        started = perf_counter_ns()
        loaded = bench.load(child)
        context = bench.open_context(child, bench.settings.context_tokens)
        ready = perf_counter_ns()
        # Mapping a file reads nothing: the first token pays for what was not in memory.
        first = child.ask({"op": "raw", "n_prompt": 0, "n_gen": 1, "n_depth": 0})
    return {
        "kind": kind_of(fraction),
        "cached_fraction": fraction,
        "process_start_ns": started - start,
        "load_ns": loaded["load_ns"],
        "context_ns": context["context_ns"],
        "ready_ns": ready - start,
        "first_token_ns": first["ns"],
    }
