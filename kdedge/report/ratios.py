"""How many times faster, with an interval: the ratio of two medians, resampled."""

from collections.abc import Sequence
from dataclasses import dataclass

from kdedge.report.reading import Quantity

_RESAMPLES = 10_000
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One number over another."""

    value: float
    low: float | None = None
    """Lower end of the 95 % interval; ``None`` when there was nothing to make one from."""
    high: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends of the interval, if there is one."""
        if self.low is None or self.high is None:
            return None
        return self.low, self.high

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves 1 out; without an interval nothing is sure."""
        return self.interval is not None and not self.interval[0] <= 1 <= self.interval[1]


def ratio_of_medians(over: Sequence[float], under: Sequence[float], *, seed: int = 0) -> Ratio:
    """Return median(over) / median(under) with its percentile bootstrap interval.

    The two sides are resampled apart: repetitions of two runs are no pairs. Fewer than three
    repetitions on a side give no interval.

    Args:
        over: Positive values, at least one.
        under: Positive values, at least one.
        seed: Of the resampling.

    Raises:
        ValueError: A side is empty or holds a value that is not positive.
    """
    import numpy as np

    if not over or not under or min(*over, *under, 1.0) <= 0:
        raise ValueError("a ratio of medians needs positive values on both sides")
    value = float(np.median(over) / np.median(under))
    if min(len(over), len(under)) < _FEWEST:
        return Ratio(value=value)
    chance = np.random.default_rng(seed)
    medians = [
        np.median(chance.choice(np.asarray(side), (_RESAMPLES, len(side))), axis=1)
        for side in (over, under)
    ]
    low, high = np.percentile(medians[0] / medians[1], (2.5, 97.5))
    return Ratio(value=value, low=float(low), high=float(high))


def ratio_of_quantities(over: Quantity, under: Quantity) -> Ratio | None:
    """Return the ratio of two numbers, with the widest interval that their own intervals allow.

    Returns:
        ``None`` when one of them is unknown or not positive.
    """
    if not over.value or not under.value or min(over.value, under.value) <= 0:
        return None
    value = over.value / under.value
    if over.interval is None or under.interval is None or min(under.interval) <= 0:
        return Ratio(value=value)
    return Ratio(
        value=value,
        low=over.interval[0] / under.interval[1],
        high=over.interval[1] / under.interval[0],
    )


def speed_ratio(
    over: tuple[Quantity, Sequence[float]], under: tuple[Quantity, Sequence[float]]
) -> Ratio | None:
    """Return the ratio of two rates from their repetitions, or else from their intervals.

    The middle is always the ratio of the two numbers that the report shows.

    Args:
        over: Rate and its repetitions; the repetitions may be missing.
        under: The same of what it is divided by.

    Returns:
        ``None`` when one of the rates is unknown.
    """
    shown = ratio_of_quantities(over[0], under[0])
    if shown is None:
        return None
    if min(len(over[1]), len(under[1])) < _FEWEST or min(*over[1], *under[1]) <= 0:
        return shown
    return ratio_of_medians(over[1], under[1])
