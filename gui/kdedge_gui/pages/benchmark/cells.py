"""Problems as cells of the grid, and verdicts in words: the signs are those of the reports."""

from collections.abc import Iterable

from kdedge_gui.pages.benchmark.live import ProblemState
from kdedge_gui.translate import tr
from kdedge_gui.widgets.problem_cell import GENERATED, WAITING, GridCell

_GENERATED_SIGN = "·"
_SMALLEST_SHARE = 0.08


def verdict_sign(verdict: str) -> str:
    """Return the sign of a verdict, or of a problem without one."""
    if verdict == WAITING:
        return ""
    if verdict == GENERATED:
        return _GENERATED_SIGN
    from kdedge.report.problem_grid import SIGNS

    return SIGNS.get(verdict, _GENERATED_SIGN)


def verdict_words(verdict: str) -> str:
    """Return a verdict in words."""
    if verdict == WAITING:
        return tr("not yet")
    if verdict == GENERATED:
        return tr("generated, not judged yet")
    from kdedge.report.problem_grid import WORDS

    return WORDS.get(verdict, verdict)


def kinds_in_order() -> tuple[str, ...]:
    """Return every kind of cell in the order of the legend."""
    from kdedge.report.problem_grid import SIGNS

    return (*SIGNS, GENERATED, WAITING)


def cell_of(problem: ProblemState) -> GridCell:
    """Return the cell of one problem."""
    kind = problem.kind
    if problem.n_samples > 1 and problem.verdicts:
        counted, passed = problem.n_counted, problem.n_passed
        share = passed / counted if counted else 0.0
        told = tr("{task}: {passed} of {all} passed").format(
            task=problem.task_id, passed=passed, all=counted
        )
        return GridCell(
            key=problem.task_id,
            kind=kind,
            sign=str(passed) if passed else verdict_sign(kind),
            told=told,
            share=max(_SMALLEST_SHARE, share) if passed else 0.0,
        )
    told = f"{problem.task_id}: {verdict_words(kind)}"
    if problem.n_samples > 1 and problem.generated:
        told = tr("{task}: {done} of {all} generated").format(
            task=problem.task_id, done=len(problem.generated), all=problem.n_samples
        )
    return GridCell(key=problem.task_id, kind=kind, sign=verdict_sign(kind), told=told)


def cells_of(problems: Iterable[ProblemState], *, n_problems: int) -> list[GridCell]:
    """Return a cell for each problem, and empty ones for those whose names have not come."""
    cells = [cell_of(problem) for problem in problems]
    missing = max(0, n_problems - len(cells))
    words = verdict_words(WAITING)
    return cells + [
        GridCell(key=f"#{at}", kind=WAITING, sign="", told=words) for at in range(missing)
    ]
