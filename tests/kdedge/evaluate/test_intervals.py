import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdedge.evaluate.intervals import (
    bootstrap_interval,
    mcnemar_exact,
    paired_bootstrap,
    wilson_interval,
)

SHARES = st.lists(st.integers(0, 20).map(lambda c: c / 20), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_newcombes_table(
    successes: int, n: int, low: float, high: float
) -> None:
    interval = wilson_interval(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_holds_the_share_and_mirrors_when_outcomes_are_swapped(
    n: int, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, n))
    interval = wilson_interval(successes, n)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    mirrored = wilson_interval(n - successes, n)
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (2, 1), (-1, 4)])
def test_impossible_counts_have_no_interval(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(successes, n)


def test_the_bootstrap_of_single_outcomes_is_near_the_binomials_own_quantiles() -> None:
    # The bootstrap distribution of 50 outcomes with 20 ones is Binomial(50, 0.4) / 50:
    # its 2.5 % and 97.5 % quantiles are 13 and 27 (exact sum below).
    def quantile(p: float) -> int:
        total = 0.0
        for i in range(51):
            total += math.comb(50, i) * 0.4**i * 0.6 ** (50 - i)
            if total >= p:
                return i
        raise AssertionError

    interval = bootstrap_interval([1.0] * 20 + [0.0] * 30, seed=1)
    assert interval.low == pytest.approx(quantile(0.025) / 50, abs=0.0201)
    assert interval.high == pytest.approx(quantile(0.975) / 50, abs=0.0201)


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly() -> None:
    values = [i / 40 for i in range(41)]
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    other = bootstrap_interval(values, seed=4)
    assert other.low == pytest.approx(bootstrap_interval(values, seed=3).low, abs=0.01)
    assert other != bootstrap_interval(values, seed=3)


def test_four_times_the_problems_halve_the_width() -> None:
    values = [0.0, 0.25, 0.5, 1.0] * 10
    narrow, wide = bootstrap_interval(values * 4), bootstrap_interval(values)
    assert (narrow.high - narrow.low) / (wide.high - wide.low) == pytest.approx(0.5, abs=0.03)


@given(SHARES)
@settings(max_examples=15, deadline=None)
def test_the_bootstrap_holds_the_mean(values: list[float]) -> None:
    interval = bootstrap_interval(values)
    mean = sum(values) / len(values)
    assert 0 <= interval.low <= mean + 1e-9
    assert mean - 1e-9 <= interval.high <= 1


def test_equal_values_are_not_taken_for_certainty() -> None:
    interval = bootstrap_interval([0.0] * 40)
    assert interval.low == 0
    assert interval.high == wilson_interval(0, 40).high
    assert "Wilson" in interval.method


@pytest.mark.parametrize("values", [[], [0.5, 1.1], [-0.1], [float("nan")]])
def test_values_that_are_no_shares_have_no_bootstrap(values: list[float]) -> None:
    with pytest.raises(ValueError, match="share"):
        bootstrap_interval(values)


def test_a_shift_on_every_problem_is_found_however_much_the_problems_differ() -> None:
    theirs = [i / 100 for i in range(80)]
    ours = [share + 0.1 + (0.02 if i % 2 else -0.02) for i, share in enumerate(theirs)]
    interval = paired_bootstrap(ours, theirs)
    assert 0.09 < interval.low < 0.1 < interval.high < 0.11


def test_the_paired_interval_turns_round_when_the_two_are_swapped() -> None:
    ours, theirs = [1, 1, 0, 1, 0, 1, 1, 0.5], [0, 1, 0, 0, 1, 0.5, 1, 0]
    forth, back = paired_bootstrap(ours, theirs), paired_bootstrap(theirs, ours)
    assert forth.low == pytest.approx(-back.high)
    assert forth.high == pytest.approx(-back.low)


def test_two_models_that_agree_everywhere_may_still_differ() -> None:
    interval = paired_bootstrap([1, 0, 1, 0] * 10, [1, 0, 1, 0] * 10)
    assert interval.low == -interval.high
    assert 0 < interval.high < 0.1


@pytest.mark.parametrize(
    ("ours", "theirs"), [([], []), ([1.0], [1.0, 0.0]), ([2.0], [0.0]), ([float("nan")], [0.0])]
)
def test_problems_that_cannot_be_paired_are_refused(
    ours: list[float], theirs: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"paired|share"):
        paired_bootstrap(ours, theirs)


def test_mcnemar_of_the_approval_ratings_example() -> None:
    # A. Agresti, Categorical Data Analysis, table 10.1 (86 against 150 changed their mind);
    # R's exact2x2::mcnemar.exact prints p-value = 3.716e-05.
    assert mcnemar_exact(86, 150) == pytest.approx(3.716e-5, rel=1e-3)


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 5, 2 / 32), (1, 5, 14 / 64), (3, 3, 1.0), (0, 0, 1.0), (1, 0, 1.0)]
)
def test_mcnemar_of_counts_small_enough_for_the_hand(won: int, lost: int, p: float) -> None:
    assert mcnemar_exact(won, lost) == pytest.approx(p)


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_is_a_probability_and_the_same_from_both_sides(won: int, lost: int) -> None:
    assert 0 < mcnemar_exact(won, lost) <= 1
    assert mcnemar_exact(won, lost) == mcnemar_exact(lost, won)


def test_mcnemar_of_many_problems_does_not_overflow() -> None:
    assert mcnemar_exact(5_000, 5_000) == 1.0
    assert 0 <= mcnemar_exact(0, 5_000) < 1e-300


@pytest.mark.parametrize(("won", "lost"), [(-1, 3), (3, -1)])
def test_mcnemar_of_negative_counts_is_refused(won: int, lost: int) -> None:
    with pytest.raises(ValueError, match=r"-1"):
        mcnemar_exact(won, lost)
