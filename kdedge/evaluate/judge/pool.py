"""Judge processes side by side; one that dies is replaced and its job tried once more."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace

from kdedge.evaluate.judge.jobs import JudgeJob, Judgement, JudgeOptions
from kdedge.evaluate.sandbox import Limits, SandboxLevel, chosen_level
from kdedge.evaluate.verdicts import Verdict


def judge_all(jobs: Iterable[JudgeJob], *, options: JudgeOptions) -> Iterator[Judgement]:
    """Judge ``jobs``; the same program for the same problem is run once.

    A program that ran out of wall time is run once more, alone, before that is its verdict.

    Yields:
        One judgement a job, in the order they are reached.

    Raises:
        KdedgeError: There is no sandbox, or only a weak one and ``allow_weak`` is not set.
    """
    level = chosen_level(wanted=options.level, allow_weak=options.allow_weak)
    same: dict[tuple[str, str], list[JudgeJob]] = defaultdict(list)
    for job in jobs:
        same[job.problem.task_id, job.program].append(job)
    slow = []
    for first, judgement in _spread([group[0] for group in same.values()], level, options):
        if judgement.verdict is Verdict.TIMED_OUT and "no answer" in judgement.detail:
            slow.append(first)
            continue
        yield from _for_all(judgement, same[first.problem.task_id, first.program])
    alone = replace(options, workers=1)
    for first, judgement in _spread(slow, level, alone):
        yield from _for_all(judgement, same[first.problem.task_id, first.program])


def _for_all(judgement: Judgement, group: list[JudgeJob]) -> Iterator[Judgement]:
    for job in group:
        yield replace(judgement, job_id=job.job_id)


def _spread(
    jobs: list[JudgeJob], level: SandboxLevel, options: JudgeOptions
) -> Iterator[tuple[JudgeJob, Judgement]]:
    if not jobs:
        return
    waiting: queue.SimpleQueue[JudgeJob] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    reached: queue.SimpleQueue[tuple[JudgeJob, Judgement]] = queue.SimpleQueue()
    stop = threading.Event()
    n_workers = min(options.workers or len(os.sched_getaffinity(0)), len(jobs))
    feeders = [
        threading.Thread(target=_feed, args=(waiting, reached, stop, level, options.limits))
        for _ in range(n_workers)
    ]
    for feeder in feeders:
        feeder.start()
    try:
        for _ in jobs:
            yield reached.get()
    finally:
        stop.set()
        for feeder in feeders:
            feeder.join()


def _feed(
    waiting: "queue.SimpleQueue[JudgeJob]",
    reached: "queue.SimpleQueue[tuple[JudgeJob, Judgement]]",
    stop: threading.Event,
    level: SandboxLevel,
    limits: Limits,
) -> None:
    judge = _JudgeProcess(level, limits)
    try:
        while not stop.is_set():
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            judgement = judge.ask(job)
            if judgement is None:  # the judge died: a new one, one more try
                judge.close()
                judge = _JudgeProcess(level, limits)
                judgement = judge.ask(job)
            reached.put((job, judgement or _harness_error(job)))
    finally:
        judge.close()


def _harness_error(job: JudgeJob) -> Judgement:
    return Judgement(
        job_id=job.job_id,
        verdict=Verdict.HARNESS_ERROR,
        detail="the judge itself died twice on this program",
        wall_s=0.0,
    )


class _JudgeProcess:
    def __init__(self, level: SandboxLevel, limits: Limits) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kdedge.evaluate.judge.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._write({"level": level.value, "limits": asdict(limits)})

    def ask(self, job: JudgeJob) -> Judgement | None:
        """Return the judgement, or nothing when the judge died."""
        assert self._process.stdout is not None
        problem = job.problem
        self._write(
            {
                "job_id": job.job_id,
                "program": job.program,
                "entry_point": problem.entry_point,
                "prompt": problem.prompt,
                "test": problem.test,
            }
        )
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            return None
        answer = json.loads(line)
        return Judgement(
            job_id=answer["job_id"],
            verdict=Verdict(answer["verdict"]),
            detail=answer["detail"],
            wall_s=answer["wall_s"],
            cpu_s=answer["cpu_s"],
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _write(self, message: dict[str, object]) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
