"""The rows of a document's ``raw``, with llama-bench's own field names and units.

What is added to them: the median and its interval, the share of the time that was not llama.cpp's,
and whether the interval became as narrow as wanted.
"""

from statistics import median

from kdedge.core.json_value import Json
from kdedge.profile.options import RawRow, Settings
from kdedge.profile.recorder import Value
from kdedge.profile.statistics import mean, sample_deviation
from kdedge.profile.stopping import RepetitionRule, standing
from kdedge.profile.summaries import spread_block

_NS = 1e9


def raw_row(
    row: RawRow, values: list[Value], *, model: Value, settings: Settings, rule: RepetitionRule
) -> dict[str, Json]:
    """Return one row.

    Args:
        row: What was measured.
        values: Its repetitions, at least one.
        model: What llama.cpp says of the model.
        settings: Of the run.
        rule: How often it was to be measured.
    """
    samples_ns = [int(value["ns"]) for value in values]
    rates = [_NS * value["n_tokens"] / value["ns"] for value in values]
    spread = spread_block(rates, seed=settings.seed)
    return {
        **_identity(model, settings),
        "n_prompt": row.n_prompt,
        "n_gen": row.n_gen,
        "n_depth": row.n_depth,
        "test_time": str(values[0]["at"]).replace("+00:00", "Z"),
        "avg_ns": round(mean(samples_ns)),
        "stddev_ns": round(sample_deviation(samples_ns)),
        "avg_ts": mean(rates),
        "stddev_ts": sample_deviation(rates),
        "samples_ns": samples_ns,
        "samples_ts": rates,
        "median_ts": spread["median"],
        "ci95_ts": spread["ci95"],
        "own_overhead": own_overhead(values),
        "converged": standing([ns / _NS for ns in samples_ns], rule).converged,
    }


def own_overhead(values: list[Value]) -> float:
    """Return the share of the time that llama.cpp does not count as its own, the median."""
    return float(median((value["ns"] - value["native_ns"]) / value["ns"] for value in values))


def _identity(model: Value, settings: Settings) -> dict[str, Json]:
    return {
        "build_commit": None,
        "build_number": None,
        "build_reason": "the installed library does not tell its commit; see software",
        "cpu_info": model["cpu_info"],
        "gpu_info": model["gpu_info"],
        "backends": model["backends"],
        "model_filename": model["model_filename"],
        "model_type": model["model_type"],
        "model_size": model["model_size"],
        "model_n_params": model["model_n_params"],
        "n_batch": settings.n_batch,
        "n_ubatch": settings.n_ubatch,
        "n_threads": settings.n_threads,
        "cpu_mask": "0x0",
        "cpu_strict": False,
        "poll": 50,
        "type_k": settings.cache_type_k,
        "type_v": settings.cache_type_v,
        "n_gpu_layers": settings.n_gpu_layers,
        "n_cpu_moe": 0,
        "split_mode": "layer",
        "main_gpu": 0,
        "no_kv_offload": False,
        "flash_attn": -1,
        "devices": "auto",
        "tensor_split": "0.00",
        "tensor_buft_overrides": "none",
        "load_mode": "auto",
        "lazy_mode": "auto",
        "embeddings": False,
        "no_op_offload": 0,
        "no_host": False,
        "repack": True,
        "fit_target": 0,
        "fit_min_ctx": 0,
    }
