import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.profile.statistics import (
    Interval,
    drift,
    mean,
    median_deviation,
    median_interval,
    percentile,
    sample_deviation,
    slope,
)

numbers = st.lists(st.floats(min_value=0.001, max_value=1e6), min_size=1, max_size=50)


@pytest.mark.parametrize(("percent", "value"), [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)])
def test_nearest_rank_of_the_textbook_list(percent: float, value: float) -> None:
    # The worked example of the nearest-rank method on Wikipedia's page "Percentile".
    assert percentile([15, 20, 35, 40, 50], percent) == value


@given(numbers, st.floats(min_value=0.1, max_value=100))
def test_a_percentile_is_one_of_the_values_and_enough_are_no_larger(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= percent / 100 * len(values) - 1e-9


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_or_outside_is_refused(values: list[float], percent: int) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, percent)


def test_the_median_deviation_of_the_textbook_list() -> None:
    # The worked example of Wikipedia's page "Median absolute deviation": MAD 1.
    assert median_deviation([1, 1, 2, 2, 4, 6, 9]) == 1


def test_one_wild_value_does_not_move_the_median_deviation() -> None:
    assert median_deviation([10, 11, 12, 13, 14]) == median_deviation([10, 11, 12, 13, 1e9]) == 1


def test_a_median_deviation_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        median_deviation([])


def test_equal_seeds_give_equal_intervals_around_the_median() -> None:
    values = [random.Random(1).gauss(100, 3) for _ in range(12)]
    first, again = (median_interval(values, seed=7) for _ in range(2))
    assert first == again
    assert first is not None
    assert first.low <= statistics.median(values) <= first.high


def test_nine_in_ten_intervals_hold_the_true_median() -> None:
    chance = random.Random(5)
    hits = 0
    for trial in range(60):
        found = median_interval([chance.gauss(10, 1) for _ in range(15)], seed=trial)
        assert found is not None
        hits += found.low <= 10 <= found.high
    assert hits >= 52


def test_an_interval_needs_three_values() -> None:
    assert median_interval([1.0, 2.0], seed=0) is None


def test_half_a_width_is_measured_against_the_centre() -> None:
    assert Interval(low=99, high=101).relative_half_width(100) == 0.01


def test_one_wild_value_does_not_bend_the_line() -> None:
    assert slope([0, 2, 4, 6, 8]) == 2
    assert slope([0, 2, 400, 6, 8]) == 2


def test_a_line_through_one_value_is_refused() -> None:
    with pytest.raises(ValueError, match="two values"):
        slope([1.0])


def test_ten_percent_slower_at_the_end_is_a_drift_of_about_that() -> None:
    values = [100 + number for number in range(11)]
    assert drift(values) == pytest.approx(0.07, abs=0.03)
    assert drift(values[::-1]) == pytest.approx(-0.07, abs=0.03)


def test_a_bump_in_the_middle_is_no_drift() -> None:
    assert drift([100, 100, 100, 130, 130, 100, 100, 100, 100]) == 0


def test_drift_is_unknown_for_fewer_than_six_values() -> None:
    assert drift([1.0, 2.0, 3.0, 4.0, 5.0]) is None


def test_mean_and_deviation_are_those_of_llama_bench() -> None:
    values = [296.989, 297.398, 296.46]  # printed by llama-bench as 296.949065 +- 0.470229
    assert mean(values) == pytest.approx(296.949, abs=1e-3)
    assert sample_deviation(values) == pytest.approx(0.470229, abs=1e-3)
    assert sample_deviation([1.0]) == 0
