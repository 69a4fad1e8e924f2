from kdedge_gui.pages.compare.problem_matrix import LOST, WON, Matrix, MatrixModel, matrix_of
from tests.kdedge.report import examples
from tests.kdedge_gui.pages.compare.cases import findings

BASE, OTHER = {1, 2, 3}, {3, 4}


def _matrix(*, n_samples: int = 1) -> Matrix:
    found = findings(
        examples.evaluation("Q8_0", solved=BASE, n_samples=n_samples),
        examples.evaluation("Q4_0", solved=OTHER, n_samples=n_samples),
    )
    return matrix_of(found.grids[0], found.comparison)


def test_won_and_lost_are_the_librarys() -> None:
    matrix = _matrix()
    base, other = matrix.lines
    changes = {
        task_id: outcome.change
        for task_id, outcome in zip(matrix.task_ids, other.outcomes, strict=True)
        if outcome.change
    }
    assert changes == {"HumanEval/4": WON, "HumanEval/1": LOST, "HumanEval/2": LOST}
    assert not any(outcome.change for outcome in base.outcomes)
    assert other.heading == "Q4_0: won 1, lost 2"
    assert base.heading == "Q8_0"


def test_every_outcome_has_a_sign_and_is_told_in_words() -> None:
    _, other = _matrix().lines
    assert all(outcome.sign for outcome in other.outcomes)
    lost = other.outcomes[1]
    assert lost.told.startswith("HumanEval/1: ")
    assert lost.told.endswith("(lost against the baseline)")


def test_several_samples_show_how_many_passed() -> None:
    base, other = _matrix(n_samples=5).lines
    assert base.outcomes[1].sign == "5"
    assert "5 of 5 passed" in base.outcomes[1].told
    assert other.outcomes[1].change == LOST


def test_only_what_changed_can_be_shown() -> None:
    model = MatrixModel(_matrix())
    assert model.columnCount() == 40
    model.show_changed_only(True)
    assert [model.task_id(model.index(0, column)) for column in range(model.columnCount())] == [
        "HumanEval/1",
        "HumanEval/2",
        "HumanEval/4",
    ]
    model.show_changed_only(False)
    assert model.columnCount() == 40


def test_the_legend_names_the_signs_that_occur() -> None:
    legend = dict(_matrix().legend)
    assert legend["✓"] == "passed"


def test_the_run_of_each_model_is_known() -> None:
    assert all(line.run_id.startswith("20261124-0510-ev-") for line in _matrix().lines)
