"""A run of the store, told as the events it once told: shown exactly as one that goes on now.

All of it happens in the store's thread: a run may have a hundred thousand verdicts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from kdedge.core.store import Store
from kdedge_gui.pages.benchmark.live import LiveRun

_NS = 1e9
_EVALUATION_RUN = "evaluation/run"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRun:
    """One run, and the evaluation that belongs to it where it is a profile."""

    run_id: str
    verb: str
    status: str
    created_at: str
    model_label: str
    model_path: str
    suite: str
    """Empty where no suite was evaluated."""
    task_ids: tuple[str, ...]
    """Problems by name where the suite was evaluated in part."""
    of_n_problems: int | None
    """Problems of the whole suite, where only a part of it was evaluated."""
    evaluation_run: str
    """The run that completions and verdicts belong to; empty where there is none."""
    subject: Mapping[str, Any]
    live: LiveRun
    """What it has come to."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the evaluation."""


def open_run(store: Store, run_id: str) -> OpenedRun:
    """Return the run called ``run_id``; the texts of completions stay in the store.

    Raises:
        KdedgeError: There is no such run, or the store cannot be read.
    """
    row = store.run(run_id)
    document = row.document or {}
    evaluation = row.run_id if row.verb == "evaluate" else _evaluation_of(store, row.run_id)
    about: Mapping[str, Any] = row.subject
    judged = row
    if evaluation and evaluation != row.run_id:
        judged = store.run(evaluation)
        about = judged.subject
    suite = about.get("suite")
    suite = suite if isinstance(suite, Mapping) else {}
    settings = about.get("settings") if evaluation else {}
    settings = settings if isinstance(settings, Mapping) else {}
    part = suite.get("part")
    part = part if isinstance(part, Mapping) else {}
    task_ids = tuple(part.get("task_ids", ()))
    n_problems, n_samples = int(suite.get("n_problems", 0)), int(settings.get("n_samples", 1))
    live = LiveRun(n_samples=n_samples, n_problems=n_problems)
    if evaluation:
        live.take(_evaluation_events(store, evaluation))
        live.take(_score_events(judged.document, evaluation))
    if row.verb == "profile":
        live.take(_profile_events(document))
    live.set_order(task_ids or sorted(live.problems, key=natural))
    return OpenedRun(
        run_id=row.run_id,
        verb=row.verb,
        status=row.status,
        created_at=row.created_at,
        model_label=model_label(row.subject),
        model_path=str(_at(row.subject, "model", "path") or ""),
        suite=str(suite.get("name", "")),
        task_ids=task_ids,
        of_n_problems=part.get("of_n_problems"),
        evaluation_run=evaluation,
        subject=row.subject,
        live=live,
        settings=settings,
    )


def model_label(subject: Mapping[str, Any]) -> str:
    """Return what people call the model: its file's own name; Ollama's files have none."""
    stem = PurePath(str(_at(subject, "model", "path") or "")).stem
    if stem and not stem.startswith("sha256-"):
        return stem
    return str(_at(subject, "model", "name") or stem)


def natural(task_id: str) -> tuple[str, int, str]:
    """Sort ``HumanEval/9`` before ``HumanEval/10``."""
    head, _, tail = task_id.rpartition("/")
    number = int(tail) if tail.isascii() and tail.isdecimal() and len(tail) < 10 else -1
    return head, number, task_id


def _evaluation_of(store: Store, run_id: str) -> str:
    """Return the evaluation that a profile made; empty when it made none."""
    rows = store.read(
        "SELECT json_extract(value, '$.run') FROM measurements"
        " WHERE run_id = ? AND name = ? ORDER BY repetition DESC LIMIT 1",
        (run_id, _EVALUATION_RUN),
    )
    return str(rows[0][0]) if rows and rows[0][0] else ""


def _evaluation_events(store: Store, run_id: str) -> Iterator[dict[str, Any]]:
    yield {"event": "run_started", "verb": "evaluate", "run": run_id}
    rows = store.read(
        "SELECT task_id, sample, n_tokens, ttft_s, decode_s, finish_reason FROM completions"
        " WHERE run_id = ? ORDER BY rowid",
        (run_id,),
    )
    for task_id, sample, n_tokens, ttft_s, decode_s, reason in rows:
        yield {
            "event": "completion_made",
            "task_id": task_id,
            "sample": sample,
            "n_tokens": n_tokens,
            "ttft_s": ttft_s,
            "decode_s": decode_s,
            "finish_reason": reason,
        }
    verdicts = store.read(
        "SELECT task_id, sample, verdict FROM verdicts WHERE run_id = ? ORDER BY rowid", (run_id,)
    )
    for task_id, sample, verdict in verdicts:
        yield {"event": "verdict_made", "task_id": task_id, "sample": sample, "verdict": verdict}


def _score_events(document: Mapping[str, Any] | None, run_id: str) -> list[dict[str, Any]]:
    score = (document or {}).get("pass_at_k")
    if not isinstance(score, Mapping):
        return []
    counted = [each.get("n_problems", 0) for each in score.values() if isinstance(each, Mapping)]
    n_problems = max(counted, default=0)
    return [{"event": "score", "run": run_id, "n_problems": n_problems, "pass_at_k": score}]


def _profile_events(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the repetitions of a finished profile, as it told them."""
    events: list[dict[str, Any]] = []
    for row in document.get("raw") or ():
        name = f"raw/pp{row['n_prompt']}" if row.get("n_prompt") else f"raw/tg{row['n_gen']}"
        events += [_measured(name, rate, "tokens/s") for rate in row.get("samples_ts", ())]
    for depth in _at(document, "latency", "depths") or ():
        name = f"user/request @ d{depth.get('n_depth', 0)}"
        for sample in depth.get("samples", ()):
            if "ttft_ns" in sample:
                events.append(_measured(name, sample["ttft_ns"] / _NS, "s"))
    memory = document.get("memory")
    if isinstance(memory, Mapping) and isinstance(memory.get("peak_rss_bytes"), int):
        parts = {
            name: value
            for name, value in memory.items()
            if name.endswith("_bytes") and isinstance(value, int | float)
        }
        events.append({**_measured("memory", memory["peak_rss_bytes"], "bytes"), "parts": parts})
    return events


def _measured(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"event": "measured", "name": name, "value": value, "unit": unit, "parts": {}}


def _at(value: Any, *keys: str) -> Any:  # noqa: ANN401 - what a document says
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
