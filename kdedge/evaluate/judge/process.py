"""One judge process: JSON lines on stdio, one job at a time."""

import json
import os
import random
import signal
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from kdedge.evaluate.judge.channel import Channel
from kdedge.evaluate.judge.child import READER, WRITER, serve_judge
from kdedge.evaluate.judge.examine import examine
from kdedge.evaluate.judge.wall_limit import WallLimitError, wall_limit
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.system import PR_SET_PDEATHSIG, prctl
from kdedge.evaluate.sandbox.zygote import Ending, Work, Zygote
from kdedge.evaluate.verdicts import Verdict


def main() -> None:
    """Judge until the input ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    settings = json.loads(sys.stdin.readline())
    limits = Limits(**settings["limits"])
    packages = settings["packages"]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a test that prints must not speak for the judge
    zygote = Zygote(
        Work(do=serve_judge, places=(READER, WRITER)),
        level=SandboxLevel(settings["level"]),
        limits=limits,
        folder=Path(settings["folder"]),
        packages=Path(packages) if packages else None,
    )
    for line in sys.stdin:
        answers.write(json.dumps(_judge(json.loads(line), zygote, limits)) + "\n")
        answers.flush()


def _judge(job: dict[str, Any], zygote: Zygote, limits: Limits) -> dict[str, object]:
    random.seed(0)  # tests draw inputs; the same program gets the same ones
    start = monotonic()
    channel = _start_child(zygote, limits)
    try:
        with wall_limit(limits.wall_s):
            found = examine(job, channel)
    except WallLimitError:
        found = Verdict.TIMED_OUT, f"no result within {limits.wall_s:g} s"
    channel.close()
    ending = zygote.end()
    verdict, detail = found or _death(ending, limits)
    return {
        "job_id": job["job_id"],
        "verdict": verdict.value,
        "detail": detail,
        "wall_s": monotonic() - start,
        "cpu_s": ending.cpu_s,
        "waited": verdict is Verdict.TIMED_OUT and ending.killed,
    }


def _start_child(zygote: Zygote, limits: Limits) -> Channel:
    child_reads, judge_writes = os.pipe()
    judge_reads, child_writes = os.pipe()
    zygote.start((child_reads, child_writes))
    return Channel(judge_reads, judge_writes, max_bytes=limits.answer_bytes)


def _death(ending: Ending, limits: Limits) -> tuple[Verdict, str]:
    """Say why the child was gone before it answered."""
    ignored = ending.status == -signal.SIGKILL and ending.cpu_s >= limits.cpu_s
    if ending.status == -signal.SIGXCPU or ignored:
        return Verdict.TIMED_OUT, f"more than {limits.cpu_s} s of CPU time"
    if ending.status < 0:
        return Verdict.ERROR, f"the program died of {signal.Signals(-ending.status).name}"
    return Verdict.ERROR, f"the program ended itself with exit status {ending.status}"
