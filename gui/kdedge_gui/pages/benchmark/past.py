"""What earlier runs took on this machine: the ground of every forecast."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kdedge.core.store import Store

_NEWEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvaluation:
    """A finished evaluation."""

    model_path: str
    file_bytes: int
    suite: str
    n_completions: int
    tokens: int
    tokens_per_s: float | None
    """Of all completions that were made side by side."""
    judging_s: float | None
    n_judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastProfile:
    """A finished profile without a suite in it."""

    model_path: str
    file_bytes: int
    is_quick: bool
    decode_tokens_per_s: float | None
    wall_s: float | None
    """From its first to its last moment; ``None`` where it was stopped in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Finished runs, newest first."""

    evaluations: tuple[PastEvaluation, ...] = ()
    profiles: tuple[PastProfile, ...] = ()


_EVALUATION = {
    "path": "$.model.path",
    "file_bytes": "$.model.file_bytes",
    "suite": "$.suite.name",
    "n_problems": "$.suite.n_problems",
    "n_samples": "$.n_samples",
    "tokens": "$.generation.tokens",
    "tokens_per_s": "$.generation.tokens_per_s",
    "judging_s": "$.judging.wall_s",
    "solutions_per_s": "$.judging.solutions_per_s",
}
_PROFILE = {
    "path": "$.model.path",
    "file_bytes": "$.model.file_bytes",
    "quick": "$.settings.quick",
    "raw_only": "$.settings.raw_only",
    "evaluation": "$.evaluation.suite.name",
    "decode": "$.latency.decode_tokens_per_s.median",
}


def past_runs(store: Store) -> Past:
    """Return what the newest finished runs took.

    Raises:
        KdedgeError: The store cannot be read.
    """
    evaluations = [_evaluation(found) for found, _, _ in _rows(store, "evaluate", _EVALUATION)]
    profiles = [_profile(*row) for row in _rows(store, "profile", _PROFILE)]
    return Past(evaluations=tuple(evaluations), profiles=tuple(profiles))


def _rows(
    store: Store, verb: str, paths: Mapping[str, str]
) -> list[tuple[dict[str, Any], str, str]]:
    wanted = ", ".join(repr(path) for path in paths.values())
    rows = store.read(
        f"SELECT json_extract(document, {wanted}), created_at, updated_at FROM runs"  # noqa: S608
        " WHERE verb = ? AND status = 'done' AND document IS NOT NULL"
        " ORDER BY created_at DESC LIMIT ?",
        (verb, _NEWEST),
    )
    return [
        (dict(zip(paths, json.loads(values), strict=True)), created, updated)
        for values, created, updated in rows
    ]


def _evaluation(found: Mapping[str, Any]) -> PastEvaluation:
    judged = (found["solutions_per_s"] or 0.0) * (found["judging_s"] or 0.0)
    return PastEvaluation(
        model_path=str(found["path"] or ""),
        file_bytes=int(found["file_bytes"] or 0),
        suite=str(found["suite"] or ""),
        n_completions=int(found["n_problems"] or 0) * int(found["n_samples"] or 0),
        tokens=int(found["tokens"] or 0),
        tokens_per_s=found["tokens_per_s"],
        judging_s=found["judging_s"],
        n_judged=round(judged),
    )


def _profile(found: Mapping[str, Any], created: str, updated: str) -> PastProfile:
    passed = datetime.fromisoformat(updated) - datetime.fromisoformat(created)
    is_whole = found["evaluation"] is None and not found["raw_only"]
    return PastProfile(
        model_path=str(found["path"] or ""),
        file_bytes=int(found["file_bytes"] or 0),
        is_quick=bool(found["quick"]),
        decode_tokens_per_s=found["decode"],
        wall_s=passed.total_seconds() if is_whole else None,
    )
