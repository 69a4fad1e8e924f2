"""Judge processes side by side; one that dies is replaced and its job tried once more."""

import os
import queue
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kdedge.evaluate.judge.jobs import WAITED, JudgeJob, Judgement, JudgeOptions
from kdedge.evaluate.judge.judge_process import JudgeProcess
from kdedge.evaluate.sandbox import Limits, SandboxLevel, chosen_level
from kdedge.evaluate.verdicts import Verdict


def judge_all(jobs: Iterable[JudgeJob], *, options: JudgeOptions) -> Iterator[Judgement]:
    """Judge ``jobs``; the same program for the same problem is run once.

    A program that was stopped by the clock, not by its CPU time, is run once more, alone, before
    that is its verdict: what waits for a busy machine looks the same as what waits for ever.

    Yields:
        One judgement a job, in the order they are reached.

    Raises:
        KdedgeError: There is no sandbox, or only a weak one and ``allow_weak`` is not set.
    """
    level = chosen_level(wanted=options.level, allow_weak=options.allow_weak)
    same: dict[tuple[str, str], list[JudgeJob]] = defaultdict(list)
    for job in jobs:
        if job.program.strip():
            same[job.problem.task_id, job.program].append(job)
        else:
            yield _no_code(job)
    firsts = [group[0] for group in same.values()]
    again: list[JudgeJob] = []
    for first, judgement in _Pool(firsts, level, options.limits).run(options.workers):
        if _needs_to_be_alone(judgement):
            again.append(first)
        else:
            yield from _for_all(judgement, same[first.problem.task_id, first.program])
    for first, judgement in _Pool(again, level, options.limits).run(1):
        yield from _for_all(judgement, same[first.problem.task_id, first.program])


def _needs_to_be_alone(judgement: Judgement) -> bool:
    return WAITED in judgement.flags or judgement.verdict is Verdict.HARNESS_ERROR


def _for_all(judgement: Judgement, group: list[JudgeJob]) -> Iterator[Judgement]:
    for job in group:
        yield replace(judgement, job_id=job.job_id)


def _no_code(job: JudgeJob) -> Judgement:
    return Judgement(
        job_id=job.job_id, verdict=Verdict.NO_CODE, detail="the program is empty", wall_s=0.0
    )


class _Pool:
    """Feeds judges from threads of this process, one thread a judge."""

    def __init__(self, jobs: list[JudgeJob], level: SandboxLevel, limits: Limits) -> None:
        self._level = level
        self._limits = limits
        self._n_jobs = len(jobs)
        self._waiting: queue.SimpleQueue[JudgeJob] = queue.SimpleQueue()
        for job in jobs:
            self._waiting.put(job)
        self._reached: queue.SimpleQueue[tuple[JudgeJob, Judgement] | Exception]
        self._reached = queue.SimpleQueue()
        self._judges: set[JudgeProcess] = set()
        self._stopped = threading.Event()

    def run(self, workers: int | None) -> Iterator[tuple[JudgeJob, Judgement]]:
        n_workers = min(workers or len(os.sched_getaffinity(0)), self._n_jobs)
        feeders = [threading.Thread(target=self._feed) for _ in range(n_workers)]
        for feeder in feeders:
            feeder.start()
        try:
            for _ in range(self._n_jobs):
                reached = self._reached.get()
                if isinstance(reached, Exception):
                    raise reached
                yield reached
        finally:
            self._stopped.set()
            for judge in tuple(self._judges):
                judge.stop()
            for feeder in feeders:
                feeder.join()

    def _feed(self) -> None:
        judge: JudgeProcess | None = None
        try:
            while not self._stopped.is_set():
                try:
                    job = self._waiting.get_nowait()
                except queue.Empty:
                    return
                judge = judge or self._start()
                judgement = judge.ask(job)
                if judgement is None:  # the judge died; the next job gets a new one
                    self._end(judge)
                    judge = None
                self._reached.put((job, judgement or _harness_error(job)))
        except Exception as error:  # noqa: BLE001 - it is raised again where the answers are read
            self._reached.put(error)
        finally:
            if judge:
                self._end(judge)

    def _start(self) -> JudgeProcess:
        judge = JudgeProcess(self._level, self._limits)
        self._judges.add(judge)
        return judge

    def _end(self, judge: JudgeProcess) -> None:
        self._judges.discard(judge)
        judge.close()


def _harness_error(job: JudgeJob) -> Judgement:
    return Judgement(
        job_id=job.job_id,
        verdict=Verdict.HARNESS_ERROR,
        detail="the judge itself died on this program",
        wall_s=0.0,
    )
