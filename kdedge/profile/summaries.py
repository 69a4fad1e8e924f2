"""Samples turned into what a document says of them: median, interval, percentiles, reasons."""

from collections.abc import Sequence
from statistics import median

from kdedge.core.json_value import Json
from kdedge.profile.statistics import (
    median_deviation,
    median_interval,
    percentile,
)

LEAST_FOR_P99 = 1000
"""Gaps below which a 99th percentile would rest on a handful of them."""


def spread_block(values: Sequence[float], *, seed: int) -> dict[str, Json]:
    """Return median, MAD, 95 % interval and all samples.

    Args:
        values: One number a repetition, at least one.
        seed: Of the bootstrap.
    """
    interval = median_interval(values, seed=seed)
    return {
        "median": median(values),
        "ci95": None if interval is None else [interval.low, interval.high],
        "mad": median_deviation(values),
        "n": len(values),
        "samples": list(values),
    }


def latency_block(values: Sequence[float], *, seed: int) -> dict[str, Json]:
    """Return ``spread_block`` with the 95th percentile.

    Args:
        values: Seconds, at least one.
        seed: Of the bootstrap.
    """
    return {**spread_block(values, seed=seed), "p95": percentile(values, 95)}


def gaps_block(gaps_s: Sequence[float]) -> dict[str, Json]:
    """Return the percentiles of the gaps between tokens, pooled over all repetitions.

    Args:
        gaps_s: Seconds from each token to the next.
    """
    if not gaps_s:
        return {
            "p50": None,
            "p95": None,
            "p99": None,
            "max": None,
            "n": 0,
            "reason": "only one token was generated",
        }
    many = len(gaps_s) >= LEAST_FOR_P99
    reason = f"{len(gaps_s)} gaps are too few, it takes {LEAST_FOR_P99}"
    return {
        "p50": percentile(gaps_s, 50),
        "p95": percentile(gaps_s, 95),
        "p99": percentile(gaps_s, 99) if many else None,
        "p99_reason": None if many else reason,
        "max": max(gaps_s),
        "n": len(gaps_s),
    }
