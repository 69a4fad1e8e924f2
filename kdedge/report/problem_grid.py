"""What became of each problem under each model, cut into blocks that fit a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from kdedge.report.facts import ProblemResult, Row

PER_BLOCK = 20
SIGNS = {
    "passed": "✓",
    "failed": "\N{MULTIPLICATION SIGN}",
    "error": "!",
    "timed_out": "T",
    "truncated": "…",
    "no_code": "∅",
    "harness_error": "?",
}
"""A sign for each verdict: colour alone would leave some readers out."""
WORDS = {
    "passed": "passed",
    "failed": "wrong result",
    "error": "raised an error",
    "timed_out": "ran out of time",
    "truncated": "cut off at the token limit",
    "no_code": "no code",
    "harness_error": "the judge failed (not counted)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One problem under one model."""

    verdict: str
    """One of the known verdicts, ``other``, or ``absent``: safe as a class name."""
    sign: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some problems, and a line of cells for each model."""

    task_ids: tuple[str, ...]
    numbers: tuple[str, ...]
    """Last part of each problem's name."""
    lines: tuple[tuple[str, tuple[Cell, ...]], ...]
    """Label of a model, and its cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """All problems of one suite."""

    suite: str
    blocks: tuple[Block, ...]
    verdicts: tuple[str, ...]
    """Those that occur, for the legend."""


def problem_grids(rows: Sequence[Row]) -> tuple[Grid, ...]:
    """Return one grid a suite, over the rows whose verdicts are known."""
    suites: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.evaluation is not None and row.evaluation.problems:
            key = row.evaluation.suite, row.evaluation.suite_sha256
            suites.setdefault(key, []).append(row)
    return tuple(_grid(name, found) for (name, _), found in suites.items())


def failures(row: Row, *, most: int) -> tuple[ProblemResult, ...]:
    """Return the first problems that ``row`` never solves."""
    problems = row.evaluation.problems if row.evaluation else ()
    unsolved = [each for each in problems if not each.passed and each.counted]
    return tuple(unsolved[:most])


def _grid(suite: str, rows: Sequence[Row]) -> Grid:
    by_row = [
        (row.label, {each.task_id: each for each in row.evaluation.problems})
        for row in rows
        if row.evaluation is not None
    ]
    ids = list(dict.fromkeys(task_id for _, problems in by_row for task_id in problems))
    blocks = []
    for start in range(0, len(ids), PER_BLOCK):
        part = ids[start : start + PER_BLOCK]
        blocks.append(
            Block(
                task_ids=tuple(part),
                numbers=tuple(task_id.rpartition("/")[2][-4:] for task_id in part),
                lines=tuple(
                    (label, tuple(_cell(task_id, problems.get(task_id)) for task_id in part))
                    for label, problems in by_row
                ),
            )
        )
    seen = {cell.verdict for block in blocks for _, cells in block.lines for cell in cells}
    return Grid(
        suite=suite,
        blocks=tuple(blocks),
        verdicts=tuple(verdict for verdict in SIGNS if verdict in seen),
    )


def _cell(task_id: str, problem: ProblemResult | None) -> Cell:
    if problem is None:
        return Cell(verdict="absent", sign="", told=f"{task_id}: not tried")
    verdict = problem.verdict if problem.verdict in SIGNS else "other"
    word = WORDS.get(verdict, problem.verdict)
    if problem.counted > 1:
        sign = str(problem.passed) if problem.passed else SIGNS.get(verdict, "·")
        told = f"{task_id}: {problem.passed} of {problem.counted} passed"
        return Cell(verdict=verdict, sign=sign, told=told)
    return Cell(verdict=verdict, sign=SIGNS.get(verdict, "·"), told=f"{task_id}: {word}")
