"""Which candidates no other beats on every chosen axis at once."""

from collections.abc import Sequence
from typing import Literal

Better = Literal["higher", "lower"]
"""Which end of an axis is the good one."""


def pareto_front(candidates: Sequence[Sequence[float]], *, better: Sequence[Better]) -> list[int]:
    """Return the places of the candidates that none dominates, worst on the first axis first.

    One dominates another when it is at least as good on every axis and better on one. Equal ones
    do not dominate each other: all of them are on the front.

    Args:
        candidates: One value an axis each, (n_candidates, n_axes).
        better: The good end of each axis, (n_axes,).

    Raises:
        ValueError: A candidate has not one value an axis.
    """
    merits = [_merits(values, better) for values in candidates]
    front = [
        place
        for place, one in enumerate(merits)
        if not any(_dominates(other, one) for other in merits)
    ]
    return sorted(front, key=lambda place: _order(merits[place]))


def _merits(values: Sequence[float], better: Sequence[Better]) -> tuple[float, ...]:
    """Return ``values`` turned so that more is better on every axis.

    Raises:
        ValueError: There is not one value an axis.
    """
    if len(values) != len(better):
        raise ValueError(f"{len(values)} values for {len(better)} axes")
    return tuple(
        value if end == "higher" else -value for value, end in zip(values, better, strict=True)
    )


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    at_least_as_good = all(mine >= theirs for mine, theirs in zip(one, other, strict=True))
    return at_least_as_good and one != other


def _order(merits: Sequence[float]) -> tuple[float, ...]:
    return (*merits[:1], *(-merit for merit in merits[1:]))
