"""What a run has of one completion: read from the store for one cell at a time."""

from dataclasses import dataclass

from kdedge.core.store import Store

_COMPLETION = ("completion", "n_tokens", "n_prompt_tokens", "finish_reason", "ttft_s", "decode_s")
_VERDICT = ("verdict", "detail", "program", "flags", "wall_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRows:
    """One completion and its verdict; ``None`` is what is not there, or not yet."""

    run_id: str
    task_id: str
    sample: int
    completion: str | None = None
    n_tokens: int | None = None
    n_prompt_tokens: int | None = None
    finish_reason: str = ""
    ttft_s: float | None = None
    decode_s: float | None = None
    verdict: str = ""
    detail: str = ""
    """The test that did not hold, or what went wrong, in the judge's words."""
    program: str = ""
    flags: str = ""
    wall_s: float | None = None
    """How long the program ran."""


def sample_rows(store: Store, *, run_id: str, task_id: str, sample: int) -> SampleRows:
    """Return one completion of one problem.

    Raises:
        KdedgeError: The store cannot be read.
    """
    key = (run_id, task_id, sample)
    found = SampleRows(run_id=run_id, task_id=task_id, sample=sample)
    completions = store.read(
        "SELECT text, n_tokens, n_prompt_tokens, finish_reason, ttft_s, decode_s FROM completions"
        " WHERE run_id = ? AND task_id = ? AND sample = ?",
        key,
    )
    verdicts = store.read(
        "SELECT verdict, detail, program, flags, wall_s FROM verdicts"
        " WHERE run_id = ? AND task_id = ? AND sample = ?",
        key,
    )
    values = {name: getattr(found, name) for name in ("run_id", "task_id", "sample")}
    if completions:
        names = (
            "completion",
            "n_tokens",
            "n_prompt_tokens",
            "finish_reason",
            "ttft_s",
            "decode_s",
        )
        values |= dict(zip(names, completions[0], strict=True))
    if verdicts:
        values |= dict(zip(_VERDICT, verdicts[0], strict=True))
    return SampleRows(**values)
