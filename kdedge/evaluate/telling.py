"""Completions and verdicts as events: as they are made, and those that were there before."""

from kdedge.core.events import CompletionMade, Sink, VerdictMade
from kdedge.core.store import Store
from kdedge.core.store_rows import CompletionRow, VerdictRow


def completion_made(row: CompletionRow) -> CompletionMade:
    """Return the event of one completion."""
    return CompletionMade(
        run=row.run_id,
        task_id=row.task_id,
        sample=row.sample,
        n_tokens=row.n_tokens,
        ttft_s=row.ttft_s,
        decode_s=row.decode_s,
        finish_reason=row.finish_reason,
    )


def verdict_made(row: VerdictRow) -> VerdictMade:
    """Return the event of one verdict."""
    return VerdictMade(run=row.run_id, task_id=row.task_id, sample=row.sample, verdict=row.verdict)


def tell_what_is_there(run_id: str, *, store: Store, sink: Sink) -> None:
    """Tell what an earlier process has made of the run, so that a listener knows all of it.

    Raises:
        KdedgeError: The store cannot be read.
    """
    for completion in store.completions(run_id):
        sink(completion_made(completion))
    for verdict in store.verdicts(run_id):
        sink(verdict_made(verdict))
