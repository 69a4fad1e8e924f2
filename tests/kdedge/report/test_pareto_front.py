import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.report.pareto_front import Better, pareto_front

BOTH_HIGHER: tuple[Better, Better] = ("higher", "higher")
POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12)
ENDS: tuple[Better, ...] = ("higher", "lower")


@st.composite
def spaces(draw: st.DrawFn) -> tuple[list[tuple[int, ...]], list[Better]]:
    better = draw(st.lists(st.sampled_from(ENDS), min_size=1, max_size=5))
    values = st.tuples(*[st.integers(0, 4)] * len(better))
    return draw(st.lists(values, min_size=1, max_size=10)), better


def test_only_those_that_none_beats_in_both_are_left() -> None:
    assert pareto_front([(100, 0.1), (140, 0.5), (160, 0.2)], better=BOTH_HIGHER) == [1, 2]


def test_where_less_is_better_the_smaller_one_wins() -> None:
    time_and_share = [(0.9, 0.5), (0.2, 0.5), (0.1, 0.4)]
    assert pareto_front(time_and_share, better=("lower", "higher")) == [1, 2]


def test_a_third_axis_keeps_what_only_it_speaks_for() -> None:
    speed_share_size = [(100, 0.5, 90), (140, 0.5, 140), (90, 0.4, 140)]
    assert pareto_front(speed_share_size, better=("higher", "higher", "lower")) == [0, 1]


@given(POINTS)
def test_the_best_on_each_axis_are_always_on_the_front(points: list[tuple[int, int]]) -> None:
    front = [points[place] for place in pareto_front(points, better=BOTH_HIGHER)]
    for axis in (0, 1):
        assert max(each[axis] for each in points) == max(each[axis] for each in front)


@given(POINTS)
def test_along_the_front_of_two_axes_one_is_paid_for_with_the_other(
    points: list[tuple[int, int]],
) -> None:
    front = [points[place] for place in pareto_front(points, better=BOTH_HIGHER)]
    assert [each[1] for each in front] == sorted((each[1] for each in front), reverse=True)


@given(spaces())
def test_turning_an_axis_round_turns_nothing_in_the_outcome(
    space: tuple[list[tuple[int, ...]], list[Better]],
) -> None:
    points, better = space
    turned = [tuple(-value for value in point) for point in points]
    others: list[Better] = ["lower" if end == "higher" else "higher" for end in better]
    assert pareto_front(points, better=better) == pareto_front(turned, better=others)


@given(spaces())
def test_everyone_off_the_front_is_beaten_by_somebody_on_it(
    space: tuple[list[tuple[int, ...]], list[Better]],
) -> None:
    points, better = space
    front = pareto_front(points, better=better)
    for place, point in enumerate(points):
        if place not in front:
            rivals = [[points[rival], point] for rival in front]
            assert any(pareto_front(pair, better=better) == [0] for pair in rivals)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_equal_ones_are_all_on_the_front(count: int) -> None:
    assert pareto_front([(1, 1)] * count, better=BOTH_HIGHER) == list(range(count))


def test_a_candidate_without_a_value_on_each_axis_is_refused() -> None:
    with pytest.raises(ValueError, match="1 values for 2 axes"):
        pareto_front([(1,)], better=BOTH_HIGHER)
