from kdedge.report.problem_grid import failures, problem_grids
from tests.kdedge.report import examples
from tests.kdedge.report.reports import rows


def test_problems_are_cut_into_blocks_with_a_line_a_model() -> None:
    (grid,) = problem_grids(rows(*examples.three_models()))
    assert [len(block.numbers) for block in grid.blocks] == [20, 20]
    assert [label for label, _ in grid.blocks[0].lines] == ["Q4_1", "Q8_0", "Q4_0"]


def test_models_of_other_suites_get_a_grid_of_their_own() -> None:
    other = examples.evaluation("Q4_0")
    other["suite"] = {"name": "humaneval", "sha256": "cd" * 32, "n_problems": 40}
    assert len(problem_grids(rows(examples.evaluation("Q8_0"), other))) == 2


def test_several_samples_show_how_many_passed() -> None:
    (grid,) = problem_grids(rows(examples.evaluation(n_samples=5, solved={0})))
    first, second = grid.blocks[0].lines[0][1][:2]
    assert (first.sign, first.told) == ("5", "HumanEval/0: 5 of 5 passed")
    assert second.told == "HumanEval/1: 0 of 5 passed"


def test_a_problem_that_one_model_was_not_given_stays_empty() -> None:
    (grid,) = problem_grids(
        rows(examples.evaluation("Q8_0"), examples.evaluation("Q4_0", n_problems=10))
    )
    cells = dict(grid.blocks[1].lines)["Q4_0"]
    assert {cell.verdict for cell in cells} == {"absent"}


def test_a_verdict_of_a_later_version_has_a_name_that_is_safe_in_a_page() -> None:
    evaluation = examples.evaluation()
    evaluation["verdicts"][0]["verdict"] = 'x" onload="'
    (grid,) = problem_grids(rows(evaluation))
    assert grid.blocks[0].lines[0][1][0].verdict == "other"


def test_failures_leave_out_what_the_judge_failed_on() -> None:
    evaluation = examples.evaluation(solved={0})
    evaluation["verdicts"][1]["verdict"] = "harness_error"
    (row,) = rows(evaluation)
    assert [each.task_id for each in failures(row, most=2)] == ["HumanEval/2", "HumanEval/3"]
