"""How long a list of runs takes to read: 500 runs with 100,000 verdicts and completions.

    python benchmarks/run_summaries.py [--runs 500] [--verdicts 200]

Fills a temporary store through the library's own calls' tables, then reads the list ten times and
prints the median beside what reading every document in Python takes.
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from kdedge.core.run_summaries import run_summaries
from kdedge.core.store import CompletionRow, Store, VerdictRow
from kdedge.core.store_connection import transaction

_REPETITIONS = 10
_DETAIL = "candidate([1, 2, 3, 4]) returned 5; expected 10; assert candidate([1, 2, 3, 4]) == 10"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--verdicts", type=int, default=200, help="of each run")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite3"
        with Store.open(path) as store:
            start = perf_counter()
            _fill(store, n_runs=chosen.runs, n_verdicts=chosen.verdicts)
            size = path.stat().st_size / 1024**2
            print(f"{chosen.runs} runs x {chosen.verdicts} verdicts: {size:.0f} MiB,", end=" ")
            print(f"filled in {perf_counter() - start:.1f} s")
        with Store.open(path) as store:
            print(f"first read of the list  {_ms(store, run_summaries):7.1f} ms")
            again = median(_ms(store, run_summaries) for _ in range(_REPETITIONS))
            print(f"read again, median      {again:7.1f} ms")
            whole = _ms(store, lambda each: each.runs(limit=chosen.runs))
            print(f"every document, Python  {whole:7.1f} ms")


def _ms(store: Store, read: Any) -> float:
    start = perf_counter()
    found = read(store)
    assert found
    return 1000 * (perf_counter() - start)


def _fill(store: Store, *, n_runs: int, n_verdicts: int) -> None:
    model = {
        "path": "/home/someone/models/coder-1.5b.Q4_K_M.gguf",
        "sha256": "ab" * 32,
        "name": "Coder",
        "architecture": "qwen2",
        "file_type": "Q4_K_M",
    }
    for number in range(n_runs):
        subject: dict[str, Any] = {
            "model": model,
            "suite": {"name": "humaneval", "sha256": "cd" * 32, "n_problems": n_verdicts},
            "settings": {"preset": "evalplus-chat/1", "n_samples": 1},
        }
        run = store.begin_run(verb="evaluate", key="k", subject=subject).run_id
        rows = [_verdict(run, number=each) for each in range(n_verdicts)]
        with transaction(store._connection):  # noqa: SLF001 - one commit a run, to fill it soon
            for row in rows:
                _insert(store, row)
        document = {
            "schema": "kdedge.evaluate/1",
            "run": run,
            **subject,
            "pass_at_k": {"1": {"value": 0.4, "ci95": [0.3, 0.5]}},
            "verdicts": [
                {
                    "task_id": row.task_id,
                    "sample": row.sample,
                    "verdict": row.verdict,
                    "detail": row.detail,
                    "wall_s": row.wall_s,
                    "n_tokens": 200,
                    "finish_reason": "stop",
                }
                for row in rows
            ],
        }
        # Every tenth run is one that was stopped: its completions have to be counted.
        done = number % 10 > 0
        store.finish_run(
            run, status="done" if done else "interrupted", document=document if done else None
        )


def _insert(store: Store, row: VerdictRow) -> None:
    completion = CompletionRow(
        run_id=row.run_id,
        task_id=row.task_id,
        sample=row.sample,
        seed=0,
        prompt_sha256="ef" * 32,
        text=row.program,
        n_prompt_tokens=150,
        n_tokens=200,
        finish_reason="stop",
        ttft_s=0.1,
        decode_s=2.0,
    )
    for table, each in (("verdicts", row), ("completions", completion)):
        values = {name: getattr(each, name) for name in each.__dataclass_fields__}
        marks = ", ".join("?" * len(values))
        store._connection.execute(  # noqa: SLF001 - as above
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values())
        )


def _verdict(run: str, *, number: int) -> VerdictRow:
    passed = number % 5 < 2
    return VerdictRow(
        run_id=run,
        task_id=f"HumanEval/{number}",
        sample=0,
        verdict="passed" if passed else "failed",
        detail="" if passed else _DETAIL,
        program=json.dumps(_DETAIL * 4),
        flags="",
        wall_s=0.02,
        cpu_s=0.01,
    )


if __name__ == "__main__":
    main()
