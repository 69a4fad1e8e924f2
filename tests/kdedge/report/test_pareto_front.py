import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.report.pareto_front import Candidate, pareto_front

CANDIDATES = st.lists(
    st.builds(Candidate, speed=st.integers(0, 9), share=st.integers(0, 9)), min_size=1, max_size=12
)


def test_only_those_that_none_beats_in_both_are_left() -> None:
    candidates = [
        Candidate(speed=100, share=0.1),
        Candidate(speed=140, share=0.5),
        Candidate(speed=160, share=0.2),
    ]
    assert pareto_front(candidates) == [1, 2]


@given(CANDIDATES)
def test_the_fastest_and_the_best_are_always_on_the_front(candidates: list[Candidate]) -> None:
    front = [candidates[place] for place in pareto_front(candidates)]
    assert max(each.speed for each in candidates) == max(each.speed for each in front)
    assert max(each.share for each in candidates) == max(each.share for each in front)


@given(CANDIDATES)
def test_along_the_front_speed_is_paid_for_with_solved_problems(
    candidates: list[Candidate],
) -> None:
    front = [candidates[place] for place in pareto_front(candidates)]
    assert [each.share for each in front] == sorted((each.share for each in front), reverse=True)


@pytest.mark.parametrize("count", [0, 1])
def test_one_or_none_is_the_front_itself(count: int) -> None:
    assert pareto_front([Candidate(speed=1, share=1)] * count) == list(range(count))
