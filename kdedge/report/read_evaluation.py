"""An ``evaluate`` document, or the part of it that a profile holds, read."""

from collections.abc import Mapping

from kdedge.core.json_value import Json
from kdedge.report.documents import ResultDocument
from kdedge.report.facts import Attempt, EvaluationFacts, ProblemResult
from kdedge.report.read_subject import readable
from kdedge.report.reading import (
    Quantity,
    clean,
    count_at,
    list_at,
    mapping_at,
    quantity_at,
    text_at,
)

_LONGEST_DETAIL = 1000


def read_evaluation(document: ResultDocument) -> EvaluationFacts:
    """Return what an ``evaluate`` document says."""
    return _read(document.content, run=document.run)


def read_block(document: ResultDocument) -> EvaluationFacts:
    """Return what a ``profile`` document says of the evaluation that belongs to it."""
    block = mapping_at(document.content, "pass_at_k")
    run = text_at(block, "run")
    return _read({**mapping_at(document.content, "evaluation"), "pass_at_k": block}, run=run)


def _read(content: Mapping[str, Json], *, run: str) -> EvaluationFacts:
    problems = _problems(content)
    return EvaluationFacts(
        run=run,
        created_at=text_at(content, "created_at"),
        suite=text_at(content, "suite", "name") or text_at(content, "suite"),
        suite_sha256=text_at(content, "suite", "sha256"),
        n_problems=count_at(content, "suite", "n_problems") or len(problems) or None,
        of_n_problems=count_at(content, "suite", "part", "of_n_problems"),
        preset=text_at(content, "preset"),
        sampling=readable(mapping_at(content, "sampling")),
        n_samples=count_at(content, "n_samples"),
        pass_at_k=_pass_at_k(content),
        verdict_counts=_verdict_counts(content, problems),
        problems=problems,
        sandbox_level=text_at(content, "sandbox", "level"),
        tokens_per_s=quantity_at(content, "generation", "tokens_per_s"),
        wall_s=quantity_at(content, "generation", "wall_s"),
        solutions_per_s=quantity_at(content, "judging", "solutions_per_s"),
    )


def _pass_at_k(content: Json) -> dict[int, Quantity]:
    block = mapping_at(content, "pass_at_k")
    return {
        int(key): quantity_at(block, key)
        for key in sorted((key for key in block if key.isdecimal() and key.isascii()), key=int)
    }


def _problems(content: Json) -> tuple[ProblemResult, ...]:
    attempts: dict[str, list[Attempt]] = {}
    for row in list_at(content, "verdicts"):
        task_id = text_at(row, "task_id")
        verdict = text_at(row, "verdict")
        if task_id and verdict:
            attempts.setdefault(task_id, []).append(
                Attempt(
                    sample=count_at(row, "sample") or 0,
                    verdict=verdict,
                    detail=clean(mapping_at(row).get("detail"), longest=_LONGEST_DETAIL),
                )
            )
    return tuple(
        ProblemResult(task_id=task_id, attempts=tuple(sorted(found, key=lambda each: each.sample)))
        for task_id, found in sorted(attempts.items(), key=lambda item: _natural(item[0]))
    )


def _natural(task_id: str) -> tuple[str, int, str]:
    """Sort ``HumanEval/9`` before ``HumanEval/10``."""
    head, _, tail = task_id.rpartition("/")
    number = int(tail) if tail.isascii() and tail.isdecimal() and len(tail) < 10 else -1
    return head, number, task_id


def _verdict_counts(content: Json, problems: tuple[ProblemResult, ...]) -> dict[str, int]:
    block = mapping_at(content, "verdict_counts")
    said = {clean(name): count for name in block if (count := count_at(block, name)) is not None}
    if said:
        return said
    counts: dict[str, int] = {}
    for problem in problems:
        for attempt in problem.attempts:
            counts[attempt.verdict] = counts.get(attempt.verdict, 0) + 1
    return counts
