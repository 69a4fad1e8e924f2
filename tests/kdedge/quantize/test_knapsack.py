import itertools
import math
import random

import pytest

from kdedge.quantize.knapsack import Budget, Choice, choose_types

BITS = {"Q4_0": 18, "Q5_0": 22, "Q5_1": 24, "Q8_0": 34}
LOSS = {"Q4_0": 1.0, "Q5_0": 0.3, "Q5_1": 0.2, "Q8_0": 0.01}
SLOWNESS = {"Q4_0": 1.0, "Q5_0": 1.3, "Q5_1": 1.6, "Q8_0": 1.5}


def some_tensors(count: int, *, seed: int) -> dict[str, list[Choice]]:
    dice = random.Random(seed)
    return {
        f"blk.{number}": [
            Choice(
                quant_type=name,
                loss=scale * LOSS[name] * dice.uniform(0.5, 2),
                n_bytes=blocks * size,
                seconds=blocks * SLOWNESS[name],
            )
            for name, size in BITS.items()
        ]
        for number in range(count)
        for scale, blocks in [(dice.uniform(0.01, 1), dice.choice([3, 9, 12]))]
    }


def brute_force(tensors: dict[str, list[Choice]], budget: Budget) -> float:
    return min(
        (
            sum(each.loss for each in mix)
            for mix in itertools.product(*tensors.values())
            if sum(each.n_bytes for each in mix) <= budget.n_bytes
            and sum(each.seconds for each in mix) <= budget.seconds
        ),
        default=math.inf,
    )


def loss(chosen: dict[str, Choice]) -> float:
    return sum(each.loss for each in chosen.values())


@pytest.mark.parametrize("seed", range(12))
def test_no_other_mix_of_as_few_bytes_loses_less(seed: int) -> None:
    tensors = some_tensors(6, seed=seed)
    smallest = sum(min(each.n_bytes for each in some) for some in tensors.values())
    largest = sum(max(each.n_bytes for each in some) for some in tensors.values())
    budget = Budget(n_bytes=random.Random(seed).randint(smallest, largest))
    chosen = choose_types(tensors, budget)
    assert chosen is not None
    assert sum(each.n_bytes for each in chosen.values()) <= budget.n_bytes
    assert loss(chosen) == pytest.approx(brute_force(tensors, budget))


@pytest.mark.parametrize("seed", range(12))
def test_with_a_limit_on_time_the_mix_fits_both_and_is_near_the_best(seed: int) -> None:
    tensors = some_tensors(6, seed=seed)
    fastest = sum(min(each.seconds for each in some) for some in tensors.values())
    smallest = sum(min(each.n_bytes for each in some) for some in tensors.values())
    budget = Budget(n_bytes=round(1.5 * smallest), seconds=1.2 * fastest)
    chosen = choose_types(tensors, budget)
    assert chosen is not None
    assert sum(each.n_bytes for each in chosen.values()) <= budget.n_bytes
    assert sum(each.seconds for each in chosen.values()) <= budget.seconds
    assert loss(chosen) <= 1.25 * brute_force(tensors, budget)


def test_more_bytes_never_lose_more() -> None:
    tensors = some_tensors(20, seed=5)
    smallest = sum(min(each.n_bytes for each in some) for some in tensors.values())
    losses = []
    for extra in range(0, 800, 40):
        chosen = choose_types(tensors, Budget(n_bytes=smallest + extra))
        assert chosen is not None
        losses.append(loss(chosen))
    assert losses == sorted(losses, reverse=True)


def test_the_answer_names_a_type_for_every_tensor_in_their_order() -> None:
    tensors = some_tensors(9, seed=1)
    chosen = choose_types(tensors, Budget(n_bytes=10**9))
    assert chosen is not None
    assert list(chosen) == list(tensors)
    assert {each.quant_type for each in chosen.values()} == {"Q8_0"}


def test_a_budget_below_the_smallest_mix_has_no_answer() -> None:
    tensors = some_tensors(4, seed=2)
    smallest = sum(min(each.n_bytes for each in some) for some in tensors.values())
    assert choose_types(tensors, Budget(n_bytes=smallest - 1)) is None


def test_a_time_below_that_of_the_fastest_mix_has_no_answer() -> None:
    tensors = some_tensors(4, seed=2)
    fastest = sum(min(each.seconds for each in some) for some in tensors.values())
    assert choose_types(tensors, Budget(n_bytes=10**9, seconds=0.99 * fastest)) is None


def test_sizes_with_no_common_divisor_still_fit() -> None:
    tensors = {
        f"t{number}": [
            Choice(quant_type="small", loss=1, n_bytes=10**9 + number),
            Choice(quant_type="large", loss=0, n_bytes=2 * 10**9 + 7 * number + 1),
        ]
        for number in range(10)
    }
    budget = Budget(n_bytes=15 * 10**9)
    chosen = choose_types(tensors, budget)
    assert chosen is not None
    assert sum(each.n_bytes for each in chosen.values()) <= budget.n_bytes
    assert loss(chosen) == 6  # 4 x 10^9 to spare, and each step up takes a little more than one


@pytest.mark.parametrize(
    "bad", [{"loss": -1.0}, {"loss": math.nan}, {"loss": math.inf}, {"seconds": -1.0}]
)
def test_a_choice_that_costs_less_than_nothing_or_no_number_is_refused(
    bad: dict[str, float],
) -> None:
    choice = Choice(**{"quant_type": "Q4_0", "loss": 1.0, "n_bytes": 1, **bad})
    with pytest.raises(ValueError, match="t0"):
        choose_types({"t0": [choice]}, Budget(n_bytes=10))


def test_a_tensor_without_a_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="t0 has no choice"):
        choose_types({"t0": []}, Budget(n_bytes=10))
