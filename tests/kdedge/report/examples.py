"""Result documents as the other verbs write them. Every number is made up."""

import copy
import hashlib
import random
from typing import Any

MACHINE = {
    "os": "Linux",
    "kernel": "6.1.0",
    "cpu_model": "Example CPU 9000",
    "cpu_features": ["avx2", "avx512_vnni"],
    "physical_cores": 2,
    "logical_cores": 2,
    "usable_cores": 2,
    "memory_total_bytes": 24 * 1024**3,
    "memory_available_bytes": 20 * 1024**3,
    "governor": None,
    "on_battery": False,
    "load_average_1m": 0.12,
    "python": "3.11.7",
    "gpus": [],
}
SOFTWARE = {"kdedge": "0.1.0", "llama_cpp_python": "0.3.36", "python": "3.11.7"}

#             file type: (MB, bits, prefill, decode, anon MiB, share solved)
VARIANTS: dict[str, tuple[float, float, float, float, float, float]] = {
    "Q4_1": (96.1, 5.72, 323.0, 112.0, 96.0, 0.10),
    "Q8_0": (144.8, 8.61, 782.0, 140.0, 98.0, 0.125),
    "Q4_0": (91.7, 5.45, 901.0, 163.0, 182.0, 0.05),
}


def model(file_type: str = "Q8_0", *, name: str = "SmolLM2-135M-Instruct") -> dict[str, Any]:
    """Return a ``model`` object."""
    megabytes, bits, *_ = VARIANTS.get(file_type, VARIANTS["Q8_0"])
    return {
        "path": f"/home/someone/models/{name}.{file_type}.gguf",
        "sha256": hashlib.sha256(f"{name}{file_type}".encode()).hexdigest(),
        "architecture": "llama",
        "n_params": 134_515_008,
        "file_bytes": int(megabytes * 1e6),
        "file_type": file_type,
        "bits_per_weight": bits,
    }


def profile(
    file_type: str = "Q8_0",
    *,
    run: str = "",
    name: str = "SmolLM2-135M-Instruct",
    decode: float | None = None,
    noise: str = "clean",
) -> dict[str, Any]:
    """Return a ``profile`` document."""
    _, _, prefill, speed, anon, _ = VARIANTS.get(file_type, VARIANTS["Q8_0"])
    speed = decode or speed
    mebibyte = 1024**2
    facts = model(file_type, name=name)
    return {
        "schema": "kdedge.profile/1",
        "run": run or f"20261124-0500-pr-{facts['sha256'][:4]}",
        "created_at": "2026-11-24T05:00:00+00:00",
        "model": facts,
        "machine": copy.deepcopy(MACHINE),
        "software": dict(SOFTWARE),
        "settings": {
            "context_tokens": 2048,
            "n_threads": 2,
            "n_gpu_layers": 0,
            "flash_attention": "auto",
        },
        "latency": {
            "load_s": 0.412,
            "ttft_s": {
                "median": 512 / prefill,
                "p95": 530 / prefill,
                "ci95": [505 / prefill, 518 / prefill],
            },
            "itl_s": {"p50": 1 / speed, "p95": 1.12 / speed, "p99": 1.4 / speed},
            "prefill_tokens_per_s": {
                "median": prefill,
                "ci95": [prefill * 0.985, prefill * 1.012],
            },
            "decode_tokens_per_s": {"median": speed, "ci95": [speed * 0.99, speed * 1.01]},
        },
        "raw": [
            _raw_row(512, 0, prefill * 1.01),
            _raw_row(0, 128, speed * 1.03),
        ],
        "memory": {
            "peak_rss_bytes": facts["file_bytes"] + int((anon + 30) * mebibyte),
            "anon_bytes": int(anon * mebibyte),
            "weights_resident_bytes": facts["file_bytes"] - 2 * mebibyte,
            "kv_cache_bytes": 45 * mebibyte,
            "predicted": {
                "weights_bytes": facts["file_bytes"] - mebibyte,
                "kv_cache_bytes": 45 * mebibyte,
                "anon_bytes": int(anon * 0.95 * mebibyte),
                "needs_bytes": facts["file_bytes"] + int(anon * 0.95 * mebibyte),
            },
        },
        "energy": {
            "status": "unavailable",
            "reason": "this machine has no readable energy counter",
            "source": None,
            "joules_per_token": None,
        },
        "noise": {
            "verdict": noise,
            "reasons": []
            if noise == "clean"
            else ["load average 3.1 on 2 cores before the start"],
        },
    }


def _raw_row(n_prompt: int, n_gen: int, speed: float) -> dict[str, Any]:
    samples = [speed * step for step in (0.99, 1.0, 1.005, 0.995, 1.01)]
    return {
        "n_prompt": n_prompt,
        "n_gen": n_gen,
        "n_depth": 0,
        "avg_ts": speed,
        "stddev_ts": speed * 0.008,
        "samples_ts": samples,
    }


def evaluation(
    file_type: str = "Q8_0",
    *,
    run: str = "",
    name: str = "SmolLM2-135M-Instruct",
    solved: float | set[int] | None = None,
    n_problems: int = 40,
    n_samples: int = 1,
) -> dict[str, Any]:
    """Return an ``evaluate`` document; ``solved`` is a share, or the numbers of the problems."""
    facts = model(file_type, name=name)
    share = VARIANTS.get(file_type, VARIANTS["Q8_0"])[5] if solved is None else solved
    chance = random.Random(f"{file_type}{name}")
    right = share if isinstance(share, set) else set(range(round(share * n_problems)))
    verdicts = [
        _verdict(number, sample, number in right, chance)
        for number in range(n_problems)
        for sample in range(n_samples)
    ]
    counts: dict[str, int] = {}
    for row in verdicts:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    value = counts.get("passed", 0) / len(verdicts)
    return {
        "schema": "kdedge.evaluate/1",
        "run": run or f"20261124-0510-ev-{facts['sha256'][:4]}",
        "created_at": "2026-11-24T05:10:00+00:00",
        "model": facts,
        "machine": copy.deepcopy(MACHINE),
        "software": dict(SOFTWARE),
        "suite": {"name": "humaneval-mini", "sha256": "ab" * 32, "n_problems": n_problems},
        "preset": "evalplus-chat/1",
        "sampling": {
            "temperature": 0.0,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "seed": 0,
            "max_tokens": 768,
        },
        "n_samples": n_samples,
        "pass_at_k": {
            "1": {"value": value, "ci95": [max(0.0, value - 0.06), min(1.0, value + 0.11)]}
        },
        "verdict_counts": counts,
        "verdicts": verdicts,
        "sandbox": {"level": "L3"},
        "generation": {
            "tokens": 8000,
            "prompt_tokens": 9000,
            "tokens_per_s": 176.0,
            "wall_s": 45.0,
            "n_sequences": 16,
        },
        "judging": {"solutions_per_s": 171.0, "wall_s": 0.3},
    }


def _verdict(number: int, sample: int, passed: bool, chance: random.Random) -> dict[str, Any]:
    failures = [
        ("failed", "AssertionError: candidate([1, 2]) == 3, got 4"),
        ("failed", "AssertionError"),
        ("error", "NameError: name 'maths' is not defined"),
        ("timed_out", "no end after 3.0 s of CPU time"),
        ("truncated", "768 tokens and no end"),
        ("no_code", "nothing that parses as Python"),
    ]
    verdict, detail = ("passed", "") if passed else chance.choice(failures)
    return {
        "task_id": f"HumanEval/{number}",
        "sample": sample,
        "verdict": verdict,
        "detail": detail,
        "wall_s": 0.02,
        "n_tokens": 200,
        "finish_reason": "stop",
    }


def three_models() -> list[dict[str, Any]]:
    """Return profile and evaluation of three variants of one model."""
    return [make(variant) for variant in VARIANTS for make in (profile, evaluation)]
