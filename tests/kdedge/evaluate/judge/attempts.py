"""One small problem, and how the tests have programs for it judged."""

from functools import cache

from kdedge.evaluate.judge import JudgeJob, Judgement, JudgeOptions, judge_all
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.sandbox import Limits, SandboxLevel
from kdedge.evaluate.verdicts import Verdict

PROBLEM = Problem(
    task_id="Test/0",
    prompt='def double(x):\n    """Return twice x."""\n',
    entry_point="double",
    test="def check(candidate):\n    assert candidate(2) == 4\n    assert candidate([1]) == [1, 1]\n",
    canonical_solution="    return x * 2\n",
)
RIGHT = "def double(x):\n    return x * 2\n"
QUICK = Limits(cpu_s=1, wall_s=2.0)


def judge(
    program: str,
    *,
    limits: Limits = QUICK,
    level: SandboxLevel | None = None,
    problem: Problem = PROBLEM,
) -> Judgement:
    """Judge ``program`` and, after it in the same judge, a right one, which must pass."""
    jobs = [
        JudgeJob(job_id="attack", problem=problem, program=program),
        JudgeJob(job_id="next", problem=PROBLEM, program=RIGHT + "# next\n"),
    ]
    options = JudgeOptions(workers=1, limits=limits, level=level, allow_weak=True)
    found = {j.job_id: j for j in judge_all(jobs, options=options)}
    assert found["next"].verdict is Verdict.PASSED
    return found["attack"]


@cache
def judge_each(programs: tuple[str, ...]) -> dict[str, Judgement]:
    """Judge ``programs`` one after the other in one judge, a right one after each."""
    jobs = []
    for number, program in enumerate(programs):
        after = f"{RIGHT}# after {number}\n"
        jobs.append(JudgeJob(job_id=program, problem=PROBLEM, program=program))
        jobs.append(JudgeJob(job_id=after, problem=PROBLEM, program=after))
    options = JudgeOptions(workers=1, limits=QUICK)
    found = {j.job_id: j for j in judge_all(jobs, options=options)}
    for job_id, judgement in found.items():
        assert job_id in programs or judgement.verdict is Verdict.PASSED
    return found


def in_call(body: str) -> str:
    """Return a program whose function does ``body`` before it answers rightly."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"def double(x):\n{lines}    return x * 2\n"


def problem_with(test: str, *, prompt: str = PROBLEM.prompt) -> Problem:
    """Return a problem whose test has the body ``test``."""
    lines = "".join(f"    {line}\n" for line in test.splitlines())
    return Problem(
        task_id="Test/1",
        prompt=prompt,
        entry_point="double",
        test=f"def check(candidate):\n{lines}",
        canonical_solution="    return x * 2\n",
    )
