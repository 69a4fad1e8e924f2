"""The second half of an evaluation: a verdict on every completion, kept as soon as it is given.

Judging starts when generation is over: on the cores that generate, it would slow both down.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter

from kdedge.core.events import Progress, Sink
from kdedge.core.store import Store
from kdedge.core.store_rows import CompletionRow, VerdictRow
from kdedge.evaluate.extraction import extract_program
from kdedge.evaluate.judge import JudgeJob, Judgement, JudgeOptions, judge_all
from kdedge.evaluate.plan import EvaluationPlan
from kdedge.evaluate.prompts import Preset
from kdedge.evaluate.suites import Suite
from kdedge.evaluate.tally import Scoreboard, Tally
from kdedge.evaluate.telling import verdict_made
from kdedge.evaluate.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingSpeed:
    """What this process judged of the run, and how fast."""

    solutions: int
    wall_s: float


def judge(
    run_id: str,
    *,
    plan: EvaluationPlan,
    suite: Suite,
    preset: Preset,
    store: Store,
    sink: Sink,
) -> JudgingSpeed:
    """Give a verdict to every completion of the run that has none, and tell the score.

    Raises:
        KdedgeError: There is no sandbox to run the programs in.
    """
    given = store.verdicts(run_id)
    have = {(row.task_id, row.sample) for row in given}
    rows = [r for r in store.completions(run_id) if (r.task_id, r.sample) not in have]
    by_id = {f"{row.task_id}#{row.sample}": row for row in rows}
    start = perf_counter()
    programs = {
        job_id: extract_program(row.text, problem=suite.problem(row.task_id), preset=preset)
        for job_id, row in by_id.items()
    }
    jobs = [
        JudgeJob(
            job_id=job_id, problem=suite.problem(by_id[job_id].task_id), program=found.program
        )
        for job_id, found in programs.items()
        if found.program is not None
    ]
    codeless = [
        Judgement(job_id=job_id, verdict=Verdict.NO_CODE, detail=found.reason, wall_s=0.0)
        for job_id, found in programs.items()
        if found.program is None
    ]
    options = JudgeOptions(workers=plan.judge_workers, allow_weak=plan.allow_weak_sandbox)
    known = Tally((row.task_id, row.verdict) for row in given)
    board = Scoreboard(run_id, tally=known, ks=plan.ks, sink=sink)
    board.tell()
    for done, judgement in enumerate(_all(codeless, jobs, options), 1):
        completion = by_id[judgement.job_id]
        row = _row(completion, judgement, programs[judgement.job_id].program or "")
        store.add_verdict(row)
        sink(verdict_made(row))
        board.add(row.task_id, row.verdict)
        total = len(rows)
        sink(Progress(phase="judging", done=done, total=total, unit="programs", detail=board.text))
    board.tell()
    return JudgingSpeed(solutions=len(rows), wall_s=perf_counter() - start)


def _all(
    codeless: list[Judgement], jobs: list[JudgeJob], options: JudgeOptions
) -> Iterable[Judgement]:
    yield from codeless
    if jobs:
        yield from judge_all(jobs, options=options)


def _row(completion: CompletionRow, judgement: Judgement, program: str) -> VerdictRow:
    verdict = judgement.verdict
    cut_off = completion.finish_reason in {"length", "context_full"}
    if cut_off and verdict not in {Verdict.PASSED, Verdict.HARNESS_ERROR}:
        verdict = Verdict.TRUNCATED
    return VerdictRow(
        run_id=completion.run_id,
        task_id=completion.task_id,
        sample=completion.sample,
        verdict=verdict.value,
        detail=judgement.detail,
        program=program,
        flags=",".join(judgement.flags),
        wall_s=judgement.wall_s,
        cpu_s=judgement.cpu_s,
    )
