"""When to stop repeating: the interval is narrow, or the time is up and that is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from kdedge.profile.statistics import median_interval

STABLE_WITHIN = 0.03
"""Warm-up ends when the last runs differ by less than this share."""
_LEAST_FOR_A_MEDIAN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionRule:
    """How often one thing is measured."""

    least: int
    """Repetitions before a narrow interval counts."""
    cap_s: float
    """Time after which it stops, narrow or not, but never before three repetitions."""
    most: int
    """Repetitions after which it stops, narrow or not."""
    half_width: float = 0.015
    """Wanted half width of the median's 95 % interval, as a share of the median."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the repetitions of one thing are."""

    enough: bool
    converged: bool
    """The interval is as narrow as wanted."""


def standing(samples_s: Sequence[float], rule: RepetitionRule) -> Standing:
    """Return whether ``samples_s`` are enough; depends on nothing else, so a resume agrees.

    Args:
        samples_s: What each repetition took, in seconds, in order.
        rule: When to stop.
    """
    spent = sum(samples_s)
    interval = median_interval(samples_s, seed=rule.seed)
    converged = (
        len(samples_s) >= rule.least
        and interval is not None
        and interval.relative_half_width(median(samples_s)) <= rule.half_width
    )
    # A single repetition may take minutes: after the cap three are enough for a median.
    capped = len(samples_s) >= rule.most or (
        spent >= rule.cap_s and len(samples_s) >= min(_LEAST_FOR_A_MEDIAN, rule.least)
    )
    return Standing(enough=converged or capped, converged=converged)


def is_warm(samples_s: Sequence[float], *, last: int, cap: int) -> bool:
    """Return whether warm-up is over.

    Args:
        samples_s: What each warm-up run took, in seconds.
        last: So many of the last runs have to be alike.
        cap: After so many runs it is over in any case.
    """
    if len(samples_s) >= cap:
        return True
    recent = samples_s[-last:]
    return len(recent) == last and max(recent) <= min(recent) * (1 + STABLE_WITHIN)
