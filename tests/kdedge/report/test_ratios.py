import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.report.ratios import ratio_of_medians, ratio_of_quantities, speed_ratio
from kdedge.report.reading import Quantity

SPEEDS = st.lists(st.floats(1, 1000), min_size=3, max_size=9)


def test_the_ratio_of_medians_of_two_known_samples() -> None:
    ratio = ratio_of_medians([10, 20, 30], [5, 10, 15])
    assert ratio.value == 2
    assert ratio.interval == (10 / 15, 30 / 5)


@given(SPEEDS)
def test_a_side_compared_with_itself_is_never_faster(speeds: list[float]) -> None:
    ratio = ratio_of_medians(speeds, speeds)
    assert ratio.value == 1
    assert not ratio.distinguishable


@given(SPEEDS, st.floats(0.1, 10))
def test_the_unit_of_both_sides_does_not_matter(speeds: list[float], scale: float) -> None:
    other = [speed + 1 for speed in speeds]
    here = ratio_of_medians(speeds, other)
    there = ratio_of_medians([s * scale for s in speeds], [s * scale for s in other])
    assert there.value == pytest.approx(here.value)
    assert there.interval == pytest.approx(here.interval)


def test_the_same_repetitions_give_the_same_interval() -> None:
    one, other = [1.0, 2.0, 3.0, 5.0], [2.0, 2.5, 2.7, 3.1]
    assert ratio_of_medians(one, other) == ratio_of_medians(one, other)


@pytest.mark.parametrize("bad", [[], [0.0, 1.0, 2.0], [-1.0, 1.0, 2.0]])
def test_speeds_that_are_not_positive_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        ratio_of_medians(bad, [1.0, 2.0, 3.0])


def test_two_repetitions_are_too_few_for_an_interval() -> None:
    assert ratio_of_medians([10, 20], [5, 10, 15]).interval is None


def test_without_an_interval_nothing_is_faster() -> None:
    ratio = ratio_of_quantities(Quantity(value=300), Quantity(value=100))
    assert ratio is not None
    assert ratio.value == 3
    assert not ratio.distinguishable


def test_intervals_of_both_sides_widen_the_interval_of_the_ratio() -> None:
    ratio = ratio_of_quantities(
        Quantity(value=10, low=8, high=12), Quantity(value=5, low=4, high=6)
    )
    assert ratio is not None
    assert ratio.interval == (8 / 6, 12 / 4)


@pytest.mark.parametrize("unknown", [None, 0.0, -3.0])
def test_a_ratio_with_an_unknown_side_is_unknown(unknown: float | None) -> None:
    assert ratio_of_quantities(Quantity(value=unknown), Quantity(value=1)) is None
    assert speed_ratio((Quantity(value=1), ()), (Quantity(value=unknown), ())) is None


def test_repetitions_are_preferred_to_intervals() -> None:
    over = (Quantity(value=20, low=1, high=100), [19.0, 20.0, 21.0])
    under = (Quantity(value=10, low=1, high=100), [9.5, 10.0, 10.5])
    ratio = speed_ratio(over, under)
    assert ratio is not None
    assert ratio.distinguishable
