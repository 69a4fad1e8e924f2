import pytest

from kdedge.report.facts import EvaluationFacts
from kdedge.report.paired import QualityDifference, detectable_difference, quality_difference
from tests.kdedge.report import examples
from tests.kdedge.report.reports import rows


def facts(file_type: str, solved: set[int], n_samples: int = 1) -> EvaluationFacts:
    (row,) = rows(
        examples.evaluation(file_type, solved=solved, n_problems=164, n_samples=n_samples)
    )
    assert row.evaluation is not None
    return row.evaluation


def difference(ours: set[int], theirs: set[int], n_samples: int = 1) -> QualityDifference:
    found = quality_difference(facts("Q4_0", ours, n_samples), facts("Q8_0", theirs, n_samples))
    assert found is not None
    return found


def test_38_won_and_9_lost_give_the_p_value_worked_out_beforehand() -> None:
    # Worked out by hand: 2 * sum(C(47, i), i = 0..9) / 2**47, and 29 of 164.
    shared = set(range(63))
    found = difference(shared | set(range(100, 138)), shared | set(range(70, 79)))
    assert found.p_value == pytest.approx(2.5e-5, rel=0.05)
    assert found.difference == pytest.approx(0.177, abs=0.001)
    assert (len(found.won), len(found.lost)) == (38, 9)
    assert found.distinguishable


def test_a_model_cannot_be_told_from_itself() -> None:
    found = difference({1, 2, 3}, {1, 2, 3})
    assert found.difference == 0
    assert not found.distinguishable
    assert found.won == found.lost == ()


def test_problems_won_and_lost_are_named() -> None:
    found = difference({1, 2}, {2, 3})
    assert found.won == ("HumanEval/1",)
    assert found.lost == ("HumanEval/3",)


def test_swapping_the_sides_turns_the_sign() -> None:
    there, back = difference({1, 2, 5}, {2}), difference({2}, {1, 2, 5})
    assert there.difference == -back.difference
    assert there.p_value == back.p_value
    assert there.won == back.lost


def test_several_samples_a_problem_are_resampled_by_problem() -> None:
    found = difference(set(range(80)), set(range(20)), n_samples=3)
    assert found.p_value is None
    assert found.low is not None
    assert found.low > 0
    assert found.distinguishable


def test_a_failure_of_the_judge_is_left_out_of_the_pairs() -> None:
    ours = examples.evaluation("Q4_0", solved={1}, n_problems=10)
    ours["verdicts"][4]["verdict"] = "harness_error"
    (row,) = rows(ours)
    assert row.evaluation is not None
    found = quality_difference(row.evaluation, facts("Q8_0", {1}))
    assert found is not None
    assert found.n_problems == 9


def test_without_verdicts_only_intervals_that_do_not_touch_tell_models_apart() -> None:
    def block(value: float, low: float, high: float) -> EvaluationFacts:
        numbers = {"1": {"value": value, "ci95": [low, high]}}
        (row,) = rows(examples.profile() | {"pass_at_k": numbers})
        assert row.evaluation is not None
        return row.evaluation

    apart = quality_difference(block(0.8, 0.7, 0.9), block(0.3, 0.2, 0.4))
    touching = quality_difference(block(0.8, 0.5, 0.9), block(0.6, 0.4, 0.7))
    assert apart is not None
    assert touching is not None
    assert apart.distinguishable
    assert not touching.distinguishable
    assert apart.p_value is None


@pytest.mark.parametrize(
    ("disagreeing", "n_problems", "points"), [(0.20, 164, 9.8), (0.08, 164, 6.2), (0.08, 542, 3.4)]
)
def test_what_can_be_seen_matches_values_worked_out_beforehand(
    disagreeing: float, n_problems: int, points: float
) -> None:
    # (1.960 + 0.842) * sqrt(share / problems), by hand.
    assert 100 * detectable_difference(disagreeing, n_problems) == pytest.approx(points, abs=0.05)


def test_four_times_the_problems_show_half_the_difference() -> None:
    assert detectable_difference(0.1, 400) == pytest.approx(detectable_difference(0.1, 100) / 2)


def test_models_that_always_agree_promise_no_perfect_eye() -> None:
    assert detectable_difference(0.0, 40) > 0


def test_a_comparison_over_no_problems_is_refused() -> None:
    with pytest.raises(ValueError, match="problems"):
        detectable_difference(0.1, 0)
