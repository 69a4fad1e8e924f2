"""What one repetition says, as an event: its headline number and everything beside it.

The definitions are those of the document (``latency_block``, ``raw_rows``, ``memory_block``),
which stands on all repetitions together.
"""

from kdedge.core.events import Measured
from kdedge.profile import load_phase, memory_phase, raw_phase
from kdedge.profile.memory_block import memory_block
from kdedge.profile.options import Protocol
from kdedge.profile.recorder import Value
from kdedge.profile.user_phase import name_of as name_of_depth

_NS = 1e9
_RATE, _SECONDS, _BYTES = "tokens/s", "s", "bytes"
_MEMORY_PARTS = (
    "peak_rss_bytes",
    "anon_bytes",
    "model_anon_bytes",
    "weights_resident_bytes",
    "kv_cache_bytes",
)


def measured(
    run: str, name: str, *, repetition: int, value: Value, protocol: Protocol
) -> Measured | None:
    """Return the event of one repetition; ``None`` for what is noted but not measured.

    Args:
        run: Id of the run.
        name: What the repetition is kept under.
        repetition: Its number, from 0.
        value: As it is kept.
        protocol: What the run measures.
    """
    parts, headline = _parts(name, value, protocol)
    if headline not in parts:
        return None
    return Measured(
        run=run,
        name=name,
        repetition=repetition,
        value=parts[headline],
        unit=_unit(headline),
        parts=parts,
    )


def _parts(name: str, value: Value, protocol: Protocol) -> tuple[dict[str, float], str]:
    """Return all numbers of a repetition, and which of them it is about."""
    if name in {raw_phase.name_of(row) for row in protocol.raw_rows}:
        return _raw(value), "tokens_per_s"
    if name in {name_of_depth(depth) for depth in protocol.depths}:
        return _request(value), "ttft_s"
    if name == load_phase.NAME:
        return _load(value), "load_s"
    if name == memory_phase.NAME:
        return _memory(value), "peak_rss_bytes"
    return {}, ""


def _raw(value: Value) -> dict[str, float]:
    return {"tokens_per_s": _NS * value["n_tokens"] / value["ns"], "wall_s": value["ns"] / _NS}


def _request(value: Value) -> dict[str, float]:
    gaps = value["gaps_ns"]
    parts = {
        "ttft_s": value["ttft_ns"] / _NS,
        "prefill_tokens_per_s": _NS * value["n_prompt"] / value["prefill_ns"],
        "wall_s": value["ns"] / _NS,
    }
    if sum(gaps):
        parts["decode_tokens_per_s"] = _NS * len(gaps) / sum(gaps)
        parts["tpot_s"] = sum(gaps) / len(gaps) / _NS
    return parts


def _load(value: Value) -> dict[str, float]:
    return {
        "load_s": (value["load_ns"] + value["context_ns"]) / _NS,
        "first_token_s": value["first_token_ns"] / _NS,
        "process_start_s": value["process_start_ns"] / _NS,
    }


def _memory(value: Value) -> dict[str, float]:
    block = memory_block(value, predicted=None, file_bytes=0)
    found = {part: block[part] for part in _MEMORY_PARTS}
    return {part: each for part, each in found.items() if isinstance(each, int)}


def _unit(part: str) -> str:
    if part.endswith("tokens_per_s"):
        return _RATE
    return _BYTES if part.endswith("_bytes") else _SECONDS
