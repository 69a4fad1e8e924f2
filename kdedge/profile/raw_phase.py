"""llama-bench's rows, measured in one fresh process."""

from functools import partial

from kdedge.profile.bench import Bench
from kdedge.profile.instruments import TimingProcess
from kdedge.profile.options import RawRow
from kdedge.profile.recorder import Value

MODEL = "raw/model"
"""Name of what llama.cpp says of the loaded model."""
_NOT_FACTS = {"op", "log", "load_ns"}


def name_of(row: RawRow) -> str:
    """Return the name that the repetitions of ``row`` are kept under."""
    return f"raw/{row.name}"


def measure_raw(bench: Bench) -> None:
    """Measure what is missing of the rows; nothing is started when nothing is.

    Raises:
        KdedgeError: The model cannot be loaded, or the process died.
    """
    rule = bench.protocol.raw_rule
    missing = [row for row in bench.protocol.raw_rows if not bench.is_done(name_of(row), rule)]
    if not missing and bench.recorder.values(MODEL):
        return
    with bench.instruments.timing(bench.path) as child:
        loaded = bench.load(child)
        if not bench.recorder.values(MODEL):
            facts = {key: each for key, each in loaded.items() if key not in _NOT_FACTS}
            bench.recorder.add(MODEL, {**facts, "model_filename": str(bench.path)})
        for row in missing:
            bench.open_context(child, row.n_ctx)
            bench.repeat(name_of(row), partial(_once, child, row), rule=rule)


def _once(child: TimingProcess, row: RawRow) -> Value:
    order = {
        "op": "raw",
        "n_prompt": row.n_prompt,
        "n_gen": row.n_gen,
        "n_depth": row.n_depth,
    }
    answer = child.ask(order)
    return {key: value for key, value in answer.items() if key != "op"}
