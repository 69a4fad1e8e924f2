"""One line of facts a run, for lists: read out of the stored documents by SQLite itself.

A result document holds every verdict and every sample; loading five hundred of them into Python
takes ten times as long as having ``json_extract`` give only what is shown.
"""

import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from kdedge.core.claims import ProcessStamp, is_alive
from kdedge.core.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a list shows of one run; ``None`` is what it did not measure, or not yet."""

    run_id: str
    verb: str
    status: str
    """``running`` only while its process lives; ``done``, ``interrupted`` or ``failed``."""
    created_at: str
    """UTC, ISO 8601."""
    updated_at: str
    model_name: str
    """What its makers call it; its file's name where they do not say."""
    model_path: str
    model_sha256: str
    file_type: str
    """The mix of the whole file, such as Q4_K_M."""
    suite: str | None
    n_problems: int | None
    n_samples: int | None
    """Completions of each problem."""
    preset: str | None
    pass_at_1: float | None
    pass_at_1_ci95: tuple[float, float] | None
    decode_tokens_per_s: float | None
    prefill_tokens_per_s: float | None
    ttft_s: float | None
    peak_rss_bytes: int | None
    anon_bytes: int | None
    predicted_anon_bytes: int | None
    noise_verdict: str | None
    n_completions_done: int | None
    """Of an evaluation that is not done: completions in the store."""
    n_wanted: int | None
    """Of an evaluation that is not done: completions it is to have."""


def run_summaries(
    store: Store, *, verb: str | None = None, limit: int = 500, offset: int = 0
) -> list[RunSummary]:
    """Return the newest runs, newest first.

    A run whose process was killed is still called running in the store; here it is interrupted.

    Args:
        store: Where the runs are.
        verb: Only runs of this verb.
        limit: How many at most.
        offset: How many of the newest to leave out.

    Raises:
        KdedgeError: The store cannot be read.
        ValueError: ``limit`` or ``offset`` is negative.
    """
    if limit < 0 or offset < 0:
        raise ValueError(f"limit {limit} and offset {offset} cannot be negative")
    alive: dict[ProcessStamp, bool] = {}
    return [_summary(row, alive) for row in store.read(_QUERY, (verb, limit, offset))]


_SUBJECT = {
    "model_name": "$.model.name",
    "model_path": "$.model.path",
    "model_sha256": "$.model.sha256",
    "file_type": "$.model.file_type",
    "suite": "$.suite",
    "suite_name": "$.suite.name",
    "n_problems": "$.suite.n_problems",
    "n_samples": "$.settings.n_samples",
    "preset": "$.settings.preset",
    "predicted_anon_bytes": "$.predicted.anon_bytes",
}
_DOCUMENT = {
    "pass_at_1": '$.pass_at_k."1".value',
    "pass_at_1_ci95": '$.pass_at_k."1".ci95',
    "decode_tokens_per_s": "$.latency.decode_tokens_per_s.median",
    "prefill_tokens_per_s": "$.latency.prefill_tokens_per_s.median",
    "ttft_s": "$.latency.ttft_s.median",
    "peak_rss_bytes": "$.memory.peak_rss_bytes",
    "anon_bytes": "$.memory.anon_bytes",
    "noise_verdict": "$.noise.verdict",
    # A profile with --raw has llama-bench's rows alone, prefill first.
    "raw_prefill": "$.raw[0].median_ts",
    "raw_decode": "$.raw[1].median_ts",
    # What a profile with a suite says of its evaluation.
    "evaluated_problems": "$.evaluation.suite.n_problems",
    "evaluated_samples": "$.evaluation.n_samples",
    "evaluated_preset": "$.evaluation.preset",
}


def _extract(column: str, paths: dict[str, str]) -> str:
    # All paths in one call, which gives an array: each further call would read the text again.
    return f"json_extract({column}, {', '.join(repr(path) for path in paths.values())})"


_QUERY = f"""
    SELECT run_id, verb, status, created_at, updated_at, owner_pid, owner_started,
        {_extract("subject", _SUBJECT)}, {_extract("document", _DOCUMENT)},
        CASE WHEN verb = 'evaluate' AND status != 'done' THEN
            (SELECT count(*) FROM completions WHERE completions.run_id = runs.run_id)
        END
    FROM runs WHERE ?1 IS NULL OR verb = ?1
    ORDER BY created_at DESC, rowid DESC LIMIT ?2 OFFSET ?3
"""  # noqa: S608 - our own words only


def _summary(row: tuple[Any, ...], alive: dict[ProcessStamp, bool]) -> RunSummary:
    run_id, verb, status, created_at, updated_at, pid, started, asked, measured, n_done = row
    subject = dict(zip(_SUBJECT, json.loads(asked), strict=True))
    found = dict.fromkeys(_DOCUMENT)
    if measured is not None:
        found = dict(zip(_DOCUMENT, json.loads(measured), strict=True))
    path = str(subject["model_path"] or "")
    suite = (
        subject["suite_name"] or subject["suite"]
    )  # an evaluation has an object, a profile a name
    n_problems = subject["n_problems"] or found["evaluated_problems"]
    n_samples = subject["n_samples"] or found["evaluated_samples"]
    return RunSummary(
        run_id=run_id,
        verb=verb,
        status=_status(status, pid, started, alive),
        created_at=created_at,
        updated_at=updated_at,
        model_name=str(subject["model_name"] or PurePath(path).stem),
        model_path=path,
        model_sha256=str(subject["model_sha256"] or ""),
        file_type=str(subject["file_type"] or ""),
        suite=suite if isinstance(suite, str) else None,
        n_problems=n_problems,
        n_samples=n_samples,
        preset=subject["preset"] or found["evaluated_preset"],
        pass_at_1=found["pass_at_1"],
        pass_at_1_ci95=_pair(found["pass_at_1_ci95"]),
        decode_tokens_per_s=_either(found["decode_tokens_per_s"], found["raw_decode"]),
        prefill_tokens_per_s=_either(found["prefill_tokens_per_s"], found["raw_prefill"]),
        ttft_s=found["ttft_s"],
        peak_rss_bytes=found["peak_rss_bytes"],
        anon_bytes=found["anon_bytes"],
        predicted_anon_bytes=subject["predicted_anon_bytes"],
        noise_verdict=found["noise_verdict"],
        n_completions_done=n_done,
        n_wanted=n_problems * n_samples
        if n_done is not None and n_problems and n_samples
        else None,
    )


def _either(first: Any, second: Any) -> Any:  # noqa: ANN401 - a number or nothing
    return second if first is None else first


def _pair(value: Any) -> tuple[float, float] | None:  # noqa: ANN401 - what a document says
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else None


def _status(
    stored: str, pid: int | None, started: str | None, alive: dict[ProcessStamp, bool]
) -> str:
    if stored != "running":
        return stored
    if pid is None or started is None:
        return "interrupted"
    stamp = ProcessStamp(pid=pid, started=started)
    if stamp not in alive:
        alive[stamp] = is_alive(stamp)
    return "running" if alive[stamp] else "interrupted"
