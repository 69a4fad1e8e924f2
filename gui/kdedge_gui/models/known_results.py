"""What the newest runs say of each model: pass@1, speed, and the profile that measured memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from kdedge.core.run_summaries import RunSummary, run_summaries
from kdedge.core.store import Store

_NEWEST_RUNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownResults:
    """The newest values of one model; each may come from a run of its own."""

    pass_at_1: float | None = None
    pass_at_1_ci95: tuple[float, float] | None = None
    suite: str = ""
    """The suite of ``pass_at_1``."""
    decode_tokens_per_s: float | None = None
    memory_run: str = ""
    """The newest profile that measured memory; empty when there is none."""
    sha256: str = ""
    """Of the file, as the newest run says."""


def known_results(store: Store) -> dict[str, KnownResults]:
    """Return what is known of each model, by the path of its file.

    A run of an earlier file at the same path says nothing of the one that is there now.

    Raises:
        KdedgeError: The store cannot be read.
    """
    return newest_results(run_summaries(store, limit=_NEWEST_RUNS), written_at=_written_at)


def newest_results(
    summaries: Iterable[RunSummary], *, written_at: Callable[[str], float | None]
) -> dict[str, KnownResults]:
    """Return the newest values by path.

    Args:
        summaries: Runs, newest first.
        written_at: Tells when a file was last written, in seconds since 1970; ``None`` when gone.
    """
    found: dict[str, KnownResults] = {}
    times: dict[str, float | None] = {}
    for run in summaries:
        path = run.model_path
        if path not in times:
            times[path] = written_at(path)
        written = times[path]
        if written is None or datetime.fromisoformat(run.created_at).timestamp() < written:
            continue
        found[path] = _with(found.get(path, KnownResults()), run)
    return found


def _with(known: KnownResults, run: RunSummary) -> KnownResults:
    if known.pass_at_1 is None and run.pass_at_1 is not None:
        known = replace(
            known,
            pass_at_1=run.pass_at_1,
            pass_at_1_ci95=run.pass_at_1_ci95,
            suite=run.suite or "",
        )
    if known.decode_tokens_per_s is None and run.decode_tokens_per_s is not None:
        known = replace(known, decode_tokens_per_s=run.decode_tokens_per_s)
    if not known.memory_run and run.anon_bytes is not None:
        known = replace(known, memory_run=run.run_id)
    if not known.sha256:
        known = replace(known, sha256=run.model_sha256)
    return known


def _written_at(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except (OSError, ValueError):
        return None
