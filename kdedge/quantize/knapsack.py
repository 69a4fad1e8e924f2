"""One type for each tensor: the least loss that fits a budget of bytes, and of time if asked.

A multiple-choice knapsack. Bytes are exact: dynamic programming over whole units of the sizes'
common divisor (coarser, rounded up, where that would be too many). Time enters as a price on each
choice, found by bisection for each type of the largest tensor (its steps are what a price cannot
divide), so with both limits the answer fits but may not be the very best.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_UNITS = 1 << 16
"""Sizes are told apart this finely: 64 Ki steps between the smallest file and the budget."""
_PRICE_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One type that a tensor could get, and what it would cost."""

    quant_type: str
    loss: float
    """What it adds to the divergence."""
    n_bytes: int
    seconds: float = 0.0
    """What it adds to the time of one decoded token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all tensors together may cost."""

    n_bytes: int
    seconds: float = math.inf


def choose_types(
    choices: Mapping[str, Sequence[Choice]], budget: Budget
) -> dict[str, Choice] | None:
    """Return the choice for each tensor with the least loss in all; ``None`` when nothing fits.

    With ``budget.seconds`` infinite the result is the optimum whenever the sizes have a common
    divisor that leaves at most 64 Ki steps, which is so for quantised tensors of usual shapes.

    Args:
        choices: Tensor to the types it could get; none of them empty.
        budget: Limits on the sums.

    Raises:
        ValueError: A tensor has no choice, or a loss or a time is negative or no number.
    """
    _check(choices)
    items = {name: _undominated(each) for name, each in choices.items()}
    best = _fit_bytes(items, budget.n_bytes, price=0.0)
    if best is None or _seconds(best) <= budget.seconds:
        return best
    largest = max(items, key=lambda name: max(each.n_bytes for each in items[name]))
    answers = (_within_time({**items, largest: [each]}, budget) for each in items[largest])
    fitting = [_use_what_is_left(items, each, budget) for each in answers if each is not None]
    return min(fitting, key=_loss, default=None)


def _check(choices: Mapping[str, Sequence[Choice]]) -> None:
    for name, each in choices.items():
        if not each:
            raise ValueError(f"{name} has no choice")
        for choice in each:
            if not (choice.loss >= 0 and choice.seconds >= 0 and choice.n_bytes >= 0):
                raise ValueError(f"{name}: {choice} costs less than nothing")
            if math.isinf(choice.loss) or math.isinf(choice.seconds):
                raise ValueError(f"{name}: {choice} is not finite")


def _undominated(choices: Sequence[Choice]) -> list[Choice]:
    """Return ``choices`` without those that another is at least as good as in everything."""
    kept: list[Choice] = []
    for each in sorted(choices, key=lambda one: (one.n_bytes, one.loss, one.seconds)):
        if not any(one.loss <= each.loss and one.seconds <= each.seconds for one in kept):
            kept.append(each)
    return kept


def _within_time(
    items: Mapping[str, Sequence[Choice]], budget: Budget
) -> dict[str, Choice] | None:
    """Return the best mix found that fits both limits: bisection on the price of a second."""
    low = 0.0
    high = _first_price(items)
    fitting: dict[str, Choice] | None = None
    for _ in range(_PRICE_STEPS):
        found = _fit_bytes(items, budget.n_bytes, price=high)
        if found is not None and _seconds(found) <= budget.seconds:
            fitting = found
            break
        low, high = high, high * 8
    if fitting is None:
        return None
    for _ in range(_PRICE_STEPS):
        middle = (low + high) / 2
        found = _fit_bytes(items, budget.n_bytes, price=middle)
        assert found is not None  # the same bytes fitted before
        if _seconds(found) <= budget.seconds:
            fitting = min(fitting, found, key=_loss)
            high = middle
        else:
            low = middle
    return fitting


def _first_price(items: Mapping[str, Sequence[Choice]]) -> float:
    losses = sum(max(each.loss for each in choices) for choices in items.values())
    seconds = sum(max(each.seconds for each in choices) for choices in items.values())
    return losses / seconds if losses and seconds else 1.0


def _use_what_is_left(
    items: Mapping[str, Sequence[Choice]], chosen: dict[str, Choice], budget: Budget
) -> dict[str, Choice]:
    """Return ``chosen`` improved, one tensor at a time, while the limits leave room for it."""
    chosen = dict(chosen)
    while True:
        spare_bytes = budget.n_bytes - sum(each.n_bytes for each in chosen.values())
        spare_seconds = budget.seconds - _seconds(chosen)
        steps = [
            (now.loss - other.loss, name, other)
            for name, now in chosen.items()
            for other in items[name]
            if other.loss < now.loss
            and other.n_bytes - now.n_bytes <= spare_bytes
            and other.seconds - now.seconds <= spare_seconds
        ]
        if not steps:
            return chosen
        _, name, other = max(steps, key=lambda step: step[0])
        chosen[name] = other


def _fit_bytes(
    items: Mapping[str, Sequence[Choice]], budget_bytes: int, *, price: float
) -> dict[str, Choice] | None:
    """Return the mix of least loss + price x seconds that fits ``budget_bytes``."""
    import numpy as np

    smallest = {name: min(each.n_bytes for each in some) for name, some in items.items()}
    spare = budget_bytes - sum(smallest.values())
    if spare < 0:
        return None
    most = sum(max(each.n_bytes for each in some) for some in items.values())
    spare = min(spare, most - sum(smallest.values()))
    unit = _unit(items, smallest, spare)
    n_states = spare // unit + 1
    least = np.zeros(n_states)
    taken: list[NDArray[np.uint8]] = []
    for name, some in items.items():
        sizes = [-(-(each.n_bytes - smallest[name]) // unit) for each in some]
        costs = [each.loss + price * each.seconds for each in some]
        least, choice = _one_more(least, sizes, costs)
        taken.append(choice)
    return _walk_back(items, smallest, taken, unit)


def _unit(items: Mapping[str, Sequence[Choice]], smallest: Mapping[str, int], spare: int) -> int:
    """Return the size of one step: the common divisor of all differences, or coarser."""
    differences = [each.n_bytes - smallest[name] for name, some in items.items() for each in some]
    return max(math.gcd(*differences), spare // _MOST_UNITS, 1)


def _one_more(
    least: "NDArray[np.float64]", sizes: Sequence[int], costs: Sequence[float]
) -> "tuple[NDArray[np.float64], NDArray[np.uint8]]":
    """Return the least cost with one more tensor, and which of its choices gives it.

    Args:
        least: (n_states,): the least cost of the tensors so far within each number of units.
        sizes: Units that each choice of the new tensor takes.
        costs: Its cost.
    """
    import numpy as np

    better = np.full_like(least, np.inf)
    choice = np.zeros(len(least), dtype=np.uint8)
    for place, (size, cost) in enumerate(zip(sizes, costs, strict=True)):
        if size >= len(least):
            continue
        with_it = least[: len(least) - size] + cost
        improved = with_it < better[size:]
        better[size:][improved] = with_it[improved]
        choice[size:][improved] = place
    return better, choice


def _walk_back(
    items: Mapping[str, Sequence[Choice]],
    smallest: Mapping[str, int],
    taken: Sequence["NDArray[np.uint8]"],
    unit: int,
) -> dict[str, Choice]:
    state = len(taken[0]) - 1 if taken else 0
    chosen = {}
    for (name, some), choice in zip(reversed(list(items.items())), reversed(taken), strict=True):
        found = some[int(choice[state])]
        chosen[name] = found
        state -= -(-(found.n_bytes - smallest[name]) // unit)
    return {name: chosen[name] for name in items}


def _seconds(chosen: Mapping[str, Choice]) -> float:
    return sum(each.seconds for each in chosen.values())


def _loss(chosen: Mapping[str, Choice]) -> float:
    return sum(each.loss for each in chosen.values())
