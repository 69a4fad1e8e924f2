from dataclasses import replace

import pytest

from kdedge.evaluate.humaneval_mini import MINI_TASK_IDS, choose_task_ids
from kdedge.evaluate.suites import load_suite


def test_the_fixed_list_is_what_the_written_rule_gives() -> None:
    assert choose_task_ids(load_suite("humaneval").problems) == MINI_TASK_IDS


def test_there_are_40_different_problems_in_humanevals_order() -> None:
    numbers = [int(task_id.removeprefix("HumanEval/")) for task_id in MINI_TASK_IDS]
    assert len(set(numbers)) == 40
    assert numbers == sorted(numbers)
    assert [p.task_id for p in load_suite("humaneval-mini").problems] == list(MINI_TASK_IDS)


def test_the_mini_suite_has_the_same_problems_as_the_whole_one() -> None:
    whole = load_suite("humaneval")
    assert all(p == whole.problem(p.task_id) for p in load_suite("humaneval-mini").problems)


def test_the_choice_does_not_depend_on_the_order_of_the_problems() -> None:
    turned = tuple(reversed(load_suite("humaneval").problems))
    assert set(choose_task_ids(turned)) == set(MINI_TASK_IDS)


def test_the_parts_have_the_lengths_of_the_whole() -> None:
    def median(lengths: list[int]) -> int:
        return sorted(lengths)[len(lengths) // 2]

    whole = load_suite("humaneval").problems
    mini = load_suite("humaneval-mini").problems
    solutions = [median([len(p.canonical_solution) for p in part]) for part in (whole, mini)]
    prompts = [median([len(p.prompt) for p in part]) for part in (whole, mini)]
    assert solutions[1] == pytest.approx(solutions[0], rel=0.15)
    assert prompts[1] == pytest.approx(prompts[0], rel=0.15)


def test_a_problem_with_helper_functions_is_in() -> None:
    assert "HumanEval/32" in MINI_TASK_IDS


def test_fewer_problems_than_are_to_be_chosen_are_refused() -> None:
    with pytest.raises(ValueError, match="39 problems"):
        choose_task_ids(load_suite("humaneval").problems[:39])


def test_a_longer_solution_may_change_the_choice_but_never_its_number() -> None:
    problems = list(load_suite("humaneval").problems)
    problems[0] = replace(problems[0], canonical_solution="x" * 10_000)
    assert len(choose_task_ids(problems)) == 40
