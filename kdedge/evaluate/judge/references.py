"""A suite is only worth its own solutions: they must pass before any model is judged by it."""

from dataclasses import dataclass

from kdedge.evaluate.judge.jobs import JudgeJob, Judgement, JudgeOptions
from kdedge.evaluate.judge.pool import judge_all
from kdedge.evaluate.suites import Suite
from kdedge.evaluate.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCheck:
    """How a suite's own solutions fare."""

    total: int
    failed: tuple[Judgement, ...]
    """Judgements whose ``job_id`` is the problem's id; empty when all pass."""

    @property
    def passed(self) -> int:
        """Number of reference solutions that pass."""
        return self.total - len(self.failed)


def check_references(suite: Suite, *, options: JudgeOptions) -> ReferenceCheck:
    """Judge the canonical solutions of ``suite``.

    Raises:
        KdedgeError: There is no sandbox to run them in.
    """
    jobs = [
        JudgeJob(
            job_id=problem.task_id,
            problem=problem,
            program=problem.prompt + problem.canonical_solution,
        )
        for problem in suite.problems
    ]
    judgements = list(judge_all(jobs, options=options))
    failed = tuple(j for j in judgements if j.verdict is not Verdict.PASSED)
    return ReferenceCheck(total=len(jobs), failed=failed)
