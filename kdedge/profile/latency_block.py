"""A document's ``latency``: what a user waits for, by the definitions below.

TTFT: request accepted, text in hand, until the first token is there (tokenise + prefill + first
sample). ITL: gap between two tokens. TPOT: mean gap of one request. Prefill speed: new prompt
tokens by the time of their prefill alone. Decode speed: tokens after the first by the time after
the first. All with sampling and detokenising; llama-bench's way stands in ``raw``.
"""

from collections.abc import Sequence
from statistics import median

from kdedge.core.json_value import Json
from kdedge.profile.load_phase import COLD, UNKNOWN, WARM
from kdedge.profile.options import Depth
from kdedge.profile.recorder import Value
from kdedge.profile.statistics import mean
from kdedge.profile.stopping import RepetitionRule, standing
from kdedge.profile.summaries import gaps_block, latency_block, spread_block

_NS = 1e9


def request_block(depth: Depth, values: list[Value], *, rule: RepetitionRule) -> dict[str, Json]:
    """Return what requests at one depth took.

    Args:
        depth: What was asked for; the samples say what it came to.
        values: Their stamps, at least one.
        rule: How often it was to be measured.
    """
    seed = rule.seed
    gaps = [[gap / _NS for gap in value["gaps_ns"]] for value in values]
    times = [value["ns"] / _NS for value in values]
    state = standing(times, rule)
    return {
        "n_depth": depth.n_cached,
        "cached_prompt_tokens": values[0]["n_cached"],
        "n_prompt": values[0]["n_prompt"],
        "n_gen": values[0]["n_gen"],
        "ttft_s": {
            **latency_block([value["ttft_ns"] / _NS for value in values], seed=seed),
            "parts": {
                f"{part}_s": median(value[f"{part}_ns"] for value in values) / _NS
                for part in ("tokenize", "prefill", "first_sample")
            },
        },
        "itl_s": gaps_block([gap for each in gaps for gap in each]),
        "tpot_s": spread_block([mean(each) for each in gaps], seed=seed),
        "prefill_tokens_per_s": spread_block(
            [_NS * value["n_prompt"] / value["prefill_ns"] for value in values], seed=seed
        ),
        "decode_tokens_per_s": spread_block(
            [len(each) / sum(each) for each in gaps if sum(each)] or [0.0], seed=seed
        ),
        "pipeline_share": _pipeline_share(values),
        "converged": state.converged,
        "samples": [_stamps(value) for value in values],
    }


def load_block(values: Sequence[Value]) -> dict[str, Json]:
    """Return how long loading took, with the file in memory and without.

    Args:
        values: The loads, in order.
    """
    return {
        WARM: _loads(values, WARM, "the file was never wholly in memory"),
        COLD: _loads(values, COLD, "not measured: the file was in memory, or --quick"),
        "definition": "load and context until the first decode is possible, without Python",
        "samples": [dict(value) for value in values],
    }


def headline_load_s(values: Sequence[Value]) -> float | None:
    """Return the median of the warm loads, or of all where none is known to be warm."""
    chosen = [value for value in values if value["kind"] == WARM] or list(values)
    return median(_load_s(value) for value in chosen) if chosen else None


def _loads(values: Sequence[Value], kind: str, reason: str) -> dict[str, Json]:
    chosen = [value for value in values if value["kind"] == kind]
    if not chosen and any(value["kind"] == UNKNOWN for value in values):
        reason = "this system does not tell whether a file is in memory"
    if not chosen:
        return {"load_s": None, "first_token_s": None, "reason": reason}
    return {
        "load_s": median(_load_s(value) for value in chosen),
        "first_token_s": median(value["first_token_ns"] for value in chosen) / _NS,
        "process_start_s": median(value["process_start_ns"] for value in chosen) / _NS,
        "n": len(chosen),
    }


def _load_s(value: Value) -> float:
    return float(value["load_ns"] + value["context_ns"]) / _NS


def _pipeline_share(values: Sequence[Value]) -> float:
    """Return the share of decoding that went into sampling and detokenising."""
    shares = [
        1 - value["native_decode_ns"] / total
        for value in values
        if (total := sum(value["gaps_ns"]))
    ]
    return median(shares) if shares else 0.0


def _stamps(value: Value) -> dict[str, Json]:
    keys = ("tokenize_ns", "prefill_ns", "first_sample_ns", "ttft_ns", "gaps_ns", "cpu_ns", "at")
    return {key: value[key] for key in keys}
