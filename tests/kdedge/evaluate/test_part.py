"""Parts of a suite: what is chosen, and that a part is never taken for the whole."""

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.part import part_of, suite_block
from kdedge.evaluate.plan import run_key
from kdedge.evaluate.suites import Suite, load_suite


@pytest.fixture(scope="module")
def whole() -> Suite:
    return load_suite("humaneval")


def ids(suite: Suite) -> list[str]:
    return [problem.task_id for problem in suite.problems]


def test_the_first_problems_are_those_of_the_suite_in_its_order(whole: Suite) -> None:
    assert ids(part_of(whole, n_problems=3)) == ["HumanEval/0", "HumanEval/1", "HumanEval/2"]


def test_named_problems_come_in_the_order_of_the_suite_and_once(whole: Suite) -> None:
    found = part_of(whole, task_ids=["HumanEval/7", " 3", "HumanEval/7"])
    assert ids(found) == ["HumanEval/3", "HumanEval/7"]


def test_equal_parts_are_equal_however_they_were_chosen(whole: Suite) -> None:
    assert part_of(whole, n_problems=2) == part_of(whole, task_ids=["1", "0"])


def test_all_problems_are_the_suite_itself(whole: Suite) -> None:
    assert part_of(whole) is whole
    assert part_of(whole, n_problems=164) is whole
    assert part_of(whole, task_ids=ids(whole)) is whole


def test_a_part_has_a_hash_and_a_run_key_of_its_own(whole: Suite) -> None:
    suites = [whole, part_of(whole, n_problems=5), part_of(whole, task_ids=["3", "7"])]
    keys = {run_key(model_sha256="m", suite=s, settings={}, runtime="1") for s in suites}
    assert len({suite.sha256 for suite in suites}) == len(keys) == 3


def test_the_document_says_of_what_it_is_a_part(whole: Suite) -> None:
    first = suite_block(part_of(whole, n_problems=2), whole=whole)
    named = suite_block(part_of(whole, task_ids=["3", "7"]), whole=whole)
    assert (first["n_problems"], named["n_problems"]) == (2, 2)
    assert isinstance(first["part"], dict)
    assert isinstance(named["part"], dict)
    assert (first["part"]["first"], named["part"]["first"]) == (2, None)
    assert named["part"]["of_n_problems"] == 164
    assert named["part"]["of_sha256"] == whole.sha256
    assert named["part"]["task_ids"] == ["HumanEval/3", "HumanEval/7"]
    assert suite_block(whole, whole=whole)["part"] is None


def test_more_problems_than_there_are_is_refused_with_the_number(whole: Suite) -> None:
    with pytest.raises(KdedgeError, match="164 problems, not 165"):
        part_of(whole, n_problems=165)


def test_a_problem_that_is_not_there_is_refused_with_a_name_that_is(whole: Suite) -> None:
    with pytest.raises(KdedgeError, match="no problem 'HumanEval/999'") as caught:
        part_of(whole, task_ids=["HumanEval/999"])
    assert "HumanEval/99" in caught.value.hint


def test_two_ways_of_choosing_at_once_are_refused(whole: Suite) -> None:
    with pytest.raises(KdedgeError, match="by name and by number"):
        part_of(whole, task_ids=["1"], n_problems=1)


def test_no_problems_at_all_is_a_wrong_call(whole: Suite) -> None:
    with pytest.raises(ValueError, match="0 problems"):
        part_of(whole, n_problems=0)
