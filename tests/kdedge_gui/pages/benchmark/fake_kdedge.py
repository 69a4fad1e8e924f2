"""Stands for ``kdedge`` in tests of Benchmark: our own problems, a real store, no model.

``FAKE_BENCHMARK`` says how it behaves: ``hang`` waits to be stopped in the middle, ``fail`` fails.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from kdedge.core.store import Store
from kdedge.core.store_rows import CompletionRow, VerdictRow

SUITE, N_PROBLEMS = "shelf", 6
VERDICTS = ("passed", "failed", "passed", "timed_out", "error", "passed")


def main() -> int:
    words = sys.argv[1:]
    target = Path(words[words.index("--json") + 1])
    behaviour = os.environ.get("FAKE_BENCHMARK", "")
    if words[:2] == ["suites", "list"]:
        return _suites(target, behaviour)
    if words[:2] == ["suites", "show"]:
        target.write_text(json.dumps(problems_document()))
        return 0
    if behaviour == "fail":
        _say(event="failed", problem="The model cannot be loaded.", hint="Choose another.")
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return (
        _profile(words, target) if words[0] == "profile" else _evaluate(words, target, behaviour)
    )


def problems_document() -> dict[str, Any]:
    """What ``kdedge suites show shelf`` says."""
    return {
        "schema": "kdedge.suites-show/1",
        "suite": SUITE,
        "problems": [
            {
                "task_id": f"Shelf/{n}",
                "prompt": f"def shelf_{n}(books):\n    '''Problem {n}.'''\n",
                "entry_point": f"shelf_{n}",
                "tests": f"def check(candidate):\n    assert candidate([{n}]) == {n}\n",
            }
            for n in range(N_PROBLEMS)
        ],
    }


def subject(model: str, *, n_problems: int, n_samples: int) -> dict[str, Any]:
    """What an evaluation says it is about."""
    sampling = {"temperature": 0.5, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "seed": 3}
    part = {"first": n_problems, "task_ids": [f"Shelf/{n}" for n in range(n_problems)]}
    return {
        "model": {"path": model, "name": "Shelf model", "file_bytes": 1000},
        "suite": {
            "name": SUITE,
            "n_problems": n_problems,
            "part": part if n_problems < N_PROBLEMS else None,
        },
        "settings": {
            "preset": "evalplus-base/1",
            "n_samples": n_samples,
            "context_tokens": 1536,
            "sampling": {**sampling, "max_tokens": 64},
        },
    }


def completion(run: str, number: int, sample: int = 0) -> CompletionRow:
    """One completion of one problem."""
    return CompletionRow(
        run_id=run,
        task_id=f"Shelf/{number}",
        sample=sample,
        seed=number,
        prompt_sha256="0" * 64,
        text=f"    return {number}\n",
        n_prompt_tokens=20,
        n_tokens=11,
        finish_reason="stop",
        ttft_s=0.2 + number / 100,
        decode_s=0.5,
    )


def verdict(run: str, number: int, sample: int = 0) -> VerdictRow:
    """The judge's word on it."""
    word = VERDICTS[(number + sample) % len(VERDICTS)]
    return VerdictRow(
        run_id=run,
        task_id=f"Shelf/{number}",
        sample=sample,
        verdict=word,
        detail="" if word == "passed" else f"shelf_{number}([{number}]) is wrong",
        program=f"def shelf_{number}(books):\n    return {number}\n",
        flags="",
        wall_s=0.01,
        cpu_s=0.01,
    )


def _suites(target: Path, behaviour: str) -> int:
    if behaviour == "no suites":
        sys.stderr.write("error: The suites are missing.\nhint: Install kdedge again.\n")
        return 1
    row = {"name": SUITE, "n_problems": N_PROBLEMS, "licence": "Apache-2.0", "status": "ready"}
    target.write_text(json.dumps({"schema": "kdedge.suites/1", "suites": [row]}))
    return 0


def _evaluate(words: list[str], target: Path, behaviour: str) -> int:
    n_problems = _number(words, "--problems", N_PROBLEMS)
    n_samples = _number(words, "-n", 1)
    with Store.open() as store:
        run = _run(store, words, n_problems, n_samples)
        _say(event="run_started", verb="evaluate", run=run, resumed="--resume" in words)
        try:
            _work(store, run, n_problems, n_samples, behaviour)
        except KeyboardInterrupt:
            store.finish_run(run, status="interrupted")
            return 130
        document = _document(run, words[1], n_problems, n_samples)
        store.finish_run(run, status="done", document=document)
    target.write_text(json.dumps(document))
    _say(event="run_finished", run=run, status="done")
    return 0


def _run(store: Store, words: list[str], n_problems: int, n_samples: int) -> str:
    if "--run" in words:
        run = words[words.index("--run") + 1]
        store.claim(run)
        return run
    about = subject(words[1], n_problems=n_problems, n_samples=n_samples)
    return store.begin_run(verb="evaluate", key="k", subject=about).run_id


def _work(store: Store, run: str, n_problems: int, n_samples: int, behaviour: str) -> None:
    have = {(row.task_id, row.sample) for row in store.completions(run)}
    total, done = n_problems * n_samples, 0
    for number in range(n_problems):
        for sample in range(n_samples):
            row = completion(run, number, sample)
            if (row.task_id, row.sample) not in have:
                store.add_completion(row)
            _say(
                event="completion_made", run=run, task_id=row.task_id, sample=sample,
                n_tokens=row.n_tokens, ttft_s=row.ttft_s, decode_s=row.decode_s,
                finish_reason=row.finish_reason,
            )  # fmt: skip
            done += 1
            _say(event="progress", phase="generating", done=done, total=total, unit="completions")
        if behaviour == "hang" and number == n_problems // 2:
            signal.pause()
    for number in range(n_problems):
        for sample in range(n_samples):
            given = verdict(run, number, sample)
            store.add_verdict(given)
            _say(
                event="verdict_made", run=run, task_id=given.task_id, sample=sample,
                verdict=given.verdict,
            )  # fmt: skip
    _say(event="score", run=run, n_problems=n_problems, pass_at_k=_score(n_problems))


def _score(n_problems: int) -> dict[str, Any]:
    return {"1": {"value": 0.5, "ci95": [0.2, 0.8], "n_problems": n_problems}}


def _document(run: str, model: str, n_problems: int, n_samples: int) -> dict[str, Any]:
    return {
        "schema": "kdedge.evaluate/1",
        "run": run,
        "model": {"path": model, "name": "Shelf model", "file_bytes": 1000},
        "suite": {"name": SUITE, "n_problems": n_problems},
        "n_samples": n_samples,
        "pass_at_k": _score(n_problems),
        "generation": {"tokens": 11 * n_problems * n_samples, "tokens_per_s": 22.0},
        "judging": {"wall_s": 1.0, "solutions_per_s": float(n_problems * n_samples)},
    }


def _profile(words: list[str], target: Path) -> int:
    with Store.open() as store:
        about = {"model": {"path": words[1]}, "suite": None, "settings": {"quick": True}}
        run = store.begin_run(verb="profile", key="p", subject=about).run_id
        _say(event="run_started", verb="profile", run=run, resumed=False)
        for repetition, rate in enumerate((20.0, 21.0, 20.5)):
            _say(
                event="measured", run=run, name="raw/tg128", repetition=repetition, value=rate,
                unit="tokens/s", parts={"tokens_per_s": rate},
            )  # fmt: skip
        parts = {"peak_rss_bytes": 3e8, "kv_cache_bytes": 1e8}
        _say(
            event="measured", run=run, name="memory", repetition=0, value=3e8, unit="bytes",
            parts=parts,
        )  # fmt: skip
        document = {"schema": "kdedge.profile/1", "run": run}
        store.finish_run(run, status="done", document=document)
    target.write_text(json.dumps(document))
    return 0


def _number(words: list[str], option: str, usual: int) -> int:
    return int(words[words.index(option) + 1]) if option in words else usual


def _say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
