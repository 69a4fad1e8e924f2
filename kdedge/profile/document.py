"""The result document of a profile: a pure function of what was asked and what was measured.

So a run that was killed and resumed ends in the same document as one that was not.
"""

from collections.abc import Mapping
from statistics import median
from typing import Any

from kdedge.core.json_value import Json
from kdedge.core.store_rows import RunRow
from kdedge.profile import load_phase, memory_phase, raw_phase, user_phase
from kdedge.profile.energy import EnergySpent, energy_block
from kdedge.profile.latency_block import headline_load_s, load_block, request_block
from kdedge.profile.memory_block import memory_block
from kdedge.profile.noise_facts import BEFORE, Surroundings, noise_block
from kdedge.profile.options import Protocol, Settings
from kdedge.profile.pass_at_k import EVALUATION
from kdedge.profile.raw_rows import own_overhead, raw_row
from kdedge.profile.recorder import Recorder, Value

SCHEMA = "kdedge.profile/1"
NO_SUITE = "no suite was named; use --suite"
RAW_ONLY = "not measured with --raw"


def profile_document(
    run: RunRow, *, settings: Settings, protocol: Protocol, recorder: Recorder
) -> dict[str, Json]:
    """Return the ``kdedge.profile/1`` document of a run whose measurements are complete."""
    subject: Mapping[str, Any] = run.subject
    return {
        "schema": SCHEMA,
        "run": run.run_id,
        "created_at": run.created_at,
        "model": subject["model"],
        "machine": subject["machine"],
        "software": subject["software"],
        "settings": subject["settings"],
        "protocol": subject["protocol"],
        "latency": _latency(protocol, recorder),
        "raw": _raw(settings, protocol, recorder),
        "own_overhead": _own_overhead(protocol, recorder),
        "memory": memory_block(
            recorder.values(memory_phase.NAME)[0],
            predicted=subject["predicted"],
            file_bytes=subject["model"]["file_bytes"],
        ),
        "energy": _energy(protocol, recorder),
        "noise": noise_block(
            _timed(protocol, recorder),
            before=recorder.values(BEFORE),
            where=_surroundings(subject, settings, recorder),
        ),
        **_evaluation(recorder),
    }


def _latency(protocol: Protocol, recorder: Recorder) -> dict[str, Json]:
    loads = recorder.values(load_phase.NAME)
    block: dict[str, Json] = {"load_s": headline_load_s(loads), "load": load_block(loads)}
    if not protocol.depths:
        unknown = ("ttft_s", "itl_s", "tpot_s", "prefill_tokens_per_s", "decode_tokens_per_s")
        return {**block, **dict.fromkeys(unknown), "depths": [], "reason": RAW_ONLY}
    depths = [
        request_block(
            depth,
            recorder.values(user_phase.name_of(depth)),
            rule=protocol.deep_rule if depth.n_cached else protocol.user_rule,
        )
        for depth in protocol.depths
    ]
    # The headline is the request on an empty cache.
    return {**block, **depths[0], "depths": list(depths)}


def _raw(settings: Settings, protocol: Protocol, recorder: Recorder) -> list[Json]:
    model = recorder.values(raw_phase.MODEL)[0]
    return [
        raw_row(
            row,
            recorder.values(raw_phase.name_of(row)),
            model=model,
            settings=settings,
            rule=protocol.raw_rule,
        )
        for row in protocol.raw_rows
    ]


def _own_overhead(protocol: Protocol, recorder: Recorder) -> dict[str, Json]:
    shares = {
        "decode" if row.n_gen else "prefill": recorder.values(raw_phase.name_of(row))
        for row in protocol.raw_rows
    }
    decoding = shares["decode"]
    token_ms = median(value["ns"] / value["n_tokens"] for value in decoding) / 1e6
    return {
        "definition": "(wall time - llama.cpp's own counters) / wall time, median",
        **{f"{name}_share": own_overhead(values) for name, values in shares.items()},
        "ms_per_token": token_ms,
    }


def _energy(protocol: Protocol, recorder: Recorder) -> dict[str, Json]:
    decoding = [
        value
        for row in protocol.raw_rows
        if row.n_gen and not row.n_prompt
        for value in recorder.values(raw_phase.name_of(row))
    ]
    spent = [
        EnergySpent(joules=value["joules"], wall_s=value["ns"] / 1e9, n_tokens=value["n_tokens"])
        for value in decoding
        if value["joules"] is not None
    ]
    reason = recorder.values(BEFORE)[-1]["energy_reason"] if not spent else None
    return energy_block(spent, reason=reason)


def _timed(protocol: Protocol, recorder: Recorder) -> dict[str, list[Value]]:
    names = {row.name: raw_phase.name_of(row) for row in protocol.raw_rows}
    names |= {depth.name: user_phase.name_of(depth) for depth in protocol.depths}
    return {shown: recorder.values(name) for shown, name in names.items()}


def _surroundings(
    subject: Mapping[str, Any], settings: Settings, recorder: Recorder
) -> Surroundings:
    return Surroundings(
        usable_cores=subject["machine"]["usable_cores"],
        n_threads=settings.n_threads,
        on_cpu=recorder.values(raw_phase.MODEL)[0]["backends"] == "CPU",
    )


def _evaluation(recorder: Recorder) -> dict[str, Json]:
    found = recorder.values(EVALUATION)
    if not found:
        return {"pass_at_k": None, "pass_at_k_reason": NO_SUITE}
    return dict(found[0])
