"""Which candidates no other beats in speed and in solved problems at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One model's two merits; more of each is better."""

    speed: float
    share: float


def pareto_front(candidates: Sequence[Candidate]) -> list[int]:
    """Return the places of the candidates that none dominates, slowest first.

    One dominates another when it is at least as good in both and better in one. Equal ones do not
    dominate each other: all of them are on the front.
    """
    front = [
        place
        for place, one in enumerate(candidates)
        if not any(_dominates(other, one) for other in candidates)
    ]
    return sorted(front, key=lambda place: (candidates[place].speed, -candidates[place].share))


def _dominates(one: Candidate, other: Candidate) -> bool:
    return one.speed >= other.speed and one.share >= other.share and one != other
