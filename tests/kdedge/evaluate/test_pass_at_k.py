import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.evaluate.pass_at_k import pass_at_k, pass_at_k_block


@pytest.mark.parametrize(
    ("n", "c", "k", "value"),
    [
        (5, 2, 2, 0.7),  # 1 - C(3,2)/C(5,2) = 1 - 3/10
        (200, 1, 100, 0.5),  # 1 - C(199,100)/C(200,100) = 100/200
        (10, 3, 1, 0.3),  # k = 1 is the share that passed
        (20, 0, 10, 0.0),
        (20, 11, 10, 1.0),  # fewer than 10 fail, so one of any 10 passes
    ],
)
def test_the_estimate_is_the_formula_of_arxiv_2107_03374(
    n: int, c: int, k: int, value: float
) -> None:
    assert pass_at_k(n, c, k) == pytest.approx(value, abs=1e-12)


@given(st.integers(1, 9), st.data())
def test_the_estimate_is_the_share_of_choices_of_k_with_a_pass_in_them(
    n: int, data: st.DataObject
) -> None:
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    choices = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, choices)) / len(choices), abs=1e-12)


@given(st.integers(1, 300), st.data())
def test_more_passes_or_more_tries_never_lower_the_estimate(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    here = pass_at_k(n, c, k)
    assert 0 <= here <= 1
    if c < n:
        assert pass_at_k(n, c + 1, k) >= here - 1e-12
    if k < n:
        assert pass_at_k(n, c, k + 1) >= here - 1e-12


def test_large_counts_neither_overflow_nor_cancel() -> None:
    expected = 1 - math.comb(99_990, 1_000) / math.comb(100_000, 1_000)
    assert pass_at_k(100_000, 10, 1_000) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "c", "k"), [(1, 1, 2), (5, 1, 0), (5, 6, 1), (5, -1, 1), (0, 0, 1)])
def test_counts_that_allow_no_estimate_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass"):
        pass_at_k(n, c, k)


def test_the_suite_level_value_is_the_mean_over_problems() -> None:
    block = pass_at_k_block({"a": (4, 4), "b": (4, 1), "c": (4, 0)}, [1, 2])
    assert block["1"]["value"] == pytest.approx((1 + 0.25 + 0) / 3)
    assert block["2"]["value"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert "bootstrap" in block["1"]["method"]


def test_one_completion_a_problem_has_wilsons_interval() -> None:
    counts = {f"t{i}": (1, int(i < 46)) for i in range(164)}
    entry = pass_at_k_block(counts, [1])["1"]
    assert entry == {
        "value": pytest.approx(46 / 164),
        "ci95": [pytest.approx(0.217, abs=1e-3), pytest.approx(0.354, abs=1e-3)],
        "method": "Wilson",
        "n_problems": 164,
    }


def test_completions_the_judge_failed_on_do_not_count_against_the_model() -> None:
    with_failure_of_ours = {"a": (1, 1), "b": (0, 0)}
    entry = pass_at_k_block(with_failure_of_ours, [1])["1"]
    assert entry["value"] == 1.0
    assert entry["n_problems"] == 1


def test_a_problem_with_too_few_completions_leaves_that_k_only() -> None:
    block = pass_at_k_block({"a": (10, 5), "b": (9, 9)}, [1, 10])
    assert block["1"]["n_problems"] == 2
    assert block["10"]["n_problems"] == 1


def test_without_a_usable_problem_the_value_is_null_with_a_reason() -> None:
    entry = pass_at_k_block({"a": (5, 5)}, [10])["10"]
    assert entry == {
        "value": None,
        "ci95": None,
        "method": None,
        "n_problems": 0,
        "reason": "needs 10 judged completions of a problem, there are 5",
    }


def test_the_interval_does_not_depend_on_who_finished_first() -> None:
    counts = {f"t{i}": (4, i % 5) for i in range(12)}
    turned = dict(reversed(counts.items()))
    assert pass_at_k_block(counts, [1, 3]) == pass_at_k_block(turned, [3, 1])


def test_the_value_lies_in_its_interval_even_when_no_completion_passed() -> None:
    entry = pass_at_k_block({f"t{i}": (20, 0) for i in range(40)}, [1])["1"]
    low, high = entry["ci95"]
    assert low == 0.0
    assert 0 < high < 0.1


def test_a_k_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="pass@0"):
        pass_at_k_block({"a": (1, 1)}, [0])
