"""How far a measured share can be trusted, and whether two of them differ.

Problems are what chance draws, not completions: everything resamples or counts problems
(arXiv 2411.00640 on clustered errors). A percentile bootstrap of equal values has no width,
which would be a lie; then a Wilson bound stands in.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_RESAMPLES = 10_000
_LEVEL = 0.95
_Z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
_RESAMPLES_AT_ONCE = 500
"""Bounds the memory of a bootstrap: 4 MB for a suite of 1,000 problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float
    method: str
    """How it was made, in words a report shows."""


def wilson_interval(successes: int, n: int) -> Interval:
    """Return Wilson's score interval of a share, for one outcome per problem.

    (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n); E. B. Wilson, J. Am. Stat. Assoc. 22
    (1927) 209. Unlike the textbook interval it keeps its coverage near 0 and 1.

    Args:
        successes: Problems solved, 0 to n.
        n: Problems in all, at least 1.

    Raises:
        ValueError: The counts are not possible.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    share = successes / n
    centre = share + _Z**2 / (2 * n)
    half_width = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return Interval(
        low=0.0 if successes == 0 else (centre - half_width) / scale,
        high=1.0 if successes == n else (centre + half_width) / scale,
        method="Wilson",
    )


def bootstrap_interval(values: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the percentile bootstrap interval of the mean of ``values``, one per problem.

    Args:
        values: A share in [0, 1] for each problem, all its completions together; that makes
            each problem a cluster.
        seed: Of the 10,000 resamples.

    Raises:
        ValueError: There are no values, or one lies outside [0, 1].
    """
    if not values or not all(0 <= value <= 1 for value in values):
        raise ValueError("a bootstrap needs at least one share, each in [0, 1]")
    if min(values) == max(values):
        return _around_equal_shares(values[0], n=len(values))
    low, high = _percentile_bounds(values, seed=seed)
    return Interval(low=low, high=high, method="bootstrap over problems")


def paired_bootstrap(ours: Sequence[float], theirs: Sequence[float], *, seed: int = 0) -> Interval:
    """Return the bootstrap interval of mean(ours) - mean(theirs), problem by problem.

    Both are resampled together, so what makes a problem hard for both cancels out.

    Args:
        ours: A share in [0, 1] for each problem.
        theirs: The same for the same problems, in the same order.
        seed: Of the 10,000 resamples.

    Raises:
        ValueError: There are no problems, the two differ in number, or a share is not in [0, 1].
    """
    if not ours or len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} problems cannot be paired")
    if not all(0 <= value <= 1 for value in (*ours, *theirs)):
        raise ValueError("a share lies outside [0, 1]")
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    if min(differences) == max(differences):
        margin = wilson_interval(0, len(differences)).high
        return Interval(
            low=max(-1.0, differences[0] - margin),
            high=min(1.0, differences[0] + margin),
            method="Wilson bound: all problems differ alike",
        )
    low, high = _percentile_bounds(differences, seed=seed)
    return Interval(low=low, high=high, method="paired bootstrap over problems")


def mcnemar_exact(won: int, lost: int) -> float:
    """Return the two-sided p-value that winning and losing a problem are equally likely.

    Twice the smaller tail of Binomial(won + lost, 1/2), at most 1; problems on which both agree
    say nothing (Q. McNemar, Psychometrika 12 (1947) 153). For one sample a problem.

    Args:
        won: Problems only this model solves.
        lost: Problems only the other model solves.

    Raises:
        ValueError: A count is negative.
    """
    if won < 0 or lost < 0:
        raise ValueError(f"won {won}, lost {lost}")
    n = won + lost
    tail, ways = 0, 1
    for i in range(min(won, lost) + 1):
        tail += ways
        ways = ways * (n - i) // (i + 1)  # C(n, i + 1)
    return min(1.0, 2 * tail / (1 << n))


def _around_equal_shares(share: float, *, n: int) -> Interval:
    """Return Wilson's interval for ``n`` problems that all have the same share."""
    around = wilson_interval(round(share * n), n)
    return Interval(
        low=min(share, around.low),
        high=max(share, around.high),
        method="Wilson: all problems have the same share",
    )


def _percentile_bounds(values: Sequence[float], *, seed: int) -> tuple[float, float]:
    import numpy as np

    tail = 100 * (1 - _LEVEL) / 2
    low, high = np.percentile(_resampled_means(values, seed=seed), (tail, 100 - tail))
    return float(low), float(high)


def _resampled_means(values: Sequence[float], *, seed: int) -> "NDArray[np.float64]":
    import numpy as np

    chance = np.random.default_rng(seed)
    drawn_from = np.asarray(values, dtype=np.float64)
    return np.concatenate(
        [
            drawn_from[
                chance.integers(len(drawn_from), size=(_RESAMPLES_AT_ONCE, len(drawn_from)))
            ].mean(axis=1)
            for _ in range(N_RESAMPLES // _RESAMPLES_AT_ONCE)
        ]
    )
