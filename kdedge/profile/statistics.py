"""The few statistics of timings: median, spread, percentiles, intervals and trends.

Plain Python: the samples are few, and importing numpy would add to what a profile costs. Sources:
nearest-rank percentiles (ISO 2602-style definition), MAD (Hampel 1974), percentile bootstrap
(Efron 1979), Theil-Sen slope (Theil 1950, Sen 1968).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, inf
from statistics import median

RESAMPLES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float

    def relative_half_width(self, centre: float) -> float:
        """Return half the width as a share of ``centre``."""
        return (self.high - self.low) / 2 / centre if centre else inf


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least ``percent`` of the values do not exceed.

    Args:
        values: In any order.
        percent: In (0, 100].

    Raises:
        ValueError: There are no values, or ``percent`` lies outside.
    """
    if not values or not 0 < percent <= 100:
        raise ValueError(f"no {percent}th percentile of {len(values)} values")
    return sorted(values)[ceil(percent / 100 * len(values)) - 1]


def median_deviation(values: Sequence[float]) -> float:
    """Return the median of the distances from the median (MAD).

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values")
    centre = median(values)
    return median(abs(value - centre) for value in values)


def median_interval(values: Sequence[float], *, seed: int) -> Interval | None:
    """Return the 95 % bootstrap interval of the median; ``None`` for fewer than three values.

    Args:
        values: Independent repetitions.
        seed: Equal seeds give equal intervals.
    """
    if len(values) < 3:
        return None
    chance = random.Random(seed)  # noqa: S311 - statistics, not secrets
    medians = sorted(median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Interval(low=percentile(medians, 2.5), high=percentile(medians, 97.5))


def slope(values: Sequence[float]) -> float:
    """Return the Theil-Sen slope over the positions 0, 1, ...: the median of all pairwise slopes.

    Raises:
        ValueError: There are fewer than two values.
    """
    if len(values) < 2:
        raise ValueError("a slope needs two values")
    pairs = combinations(enumerate(values), 2)
    return median((b - a) / (j - i) for (i, a), (j, b) in pairs)


def drift(values: Sequence[float]) -> float | None:
    """Return how much the values change from first to last, as a share of their median.

    Two measures have to agree, or it is no drift (0): the last third against the first, and the
    Theil-Sen line over all; the smaller one counts. ``None`` for fewer than six values.
    """
    if len(values) < 6 or not median(values):
        return None
    third = len(values) // 3
    centre = median(values)
    thirds = (median(values[-third:]) - median(values[:third])) / centre
    line = slope(values) * (len(values) - 1) / centre
    if thirds * line <= 0:
        return 0.0
    return min(thirds, line, key=abs)


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean, 0 of nothing, as llama-bench does."""
    return sum(values) / len(values) if values else 0.0


def sample_deviation(values: Sequence[float]) -> float:
    """Return the standard deviation with n - 1, 0 of fewer than two, as llama-bench does."""
    if len(values) < 2:
        return 0.0
    centre = mean(values)
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))
