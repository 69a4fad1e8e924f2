"""The result document of an evaluation, made from the rows of its run."""

from collections import Counter

from kdedge.core.json_value import Json
from kdedge.core.store import Store
from kdedge.core.store_rows import CompletionRow, RunRow, VerdictRow
from kdedge.evaluate.generating import GenerationSpeed
from kdedge.evaluate.judging import JudgingSpeed
from kdedge.evaluate.plan import EvaluationPlan
from kdedge.evaluate.sandbox import probe_level
from kdedge.evaluate.suites import Suite
from kdedge.evaluate.tally import Tally


def evaluation_document(
    run: RunRow,
    *,
    suite: Suite,
    plan: EvaluationPlan,
    store: Store,
    generated: GenerationSpeed | None,
    judged: JudgingSpeed,
) -> dict[str, Json]:
    """Return the ``kdedge.evaluate/1`` document of a run whose rows are complete."""
    completions = {(c.task_id, c.sample): c for c in store.completions(run.run_id)}
    places = {problem.task_id: place for place, problem in enumerate(suite.problems)}
    verdicts = sorted(store.verdicts(run.run_id), key=lambda v: (places[v.task_id], v.sample))
    settings = run.subject["settings"]
    assert isinstance(settings, dict)
    return {
        "schema": "kdedge.evaluate/1",
        "run": run.run_id,
        "created_at": run.created_at,
        "model": run.subject["model"],
        "machine": run.subject["machine"],
        "software": run.subject["software"],
        "settings": settings,
        "suite": run.subject["suite"],
        "preset": settings["preset"],
        "sampling": settings["sampling"],
        "n_samples": plan.n_samples,
        "pass_at_k": Tally((v.task_id, v.verdict) for v in verdicts).pass_at_k(plan.ks),
        "verdict_counts": dict(Counter(row.verdict for row in verdicts)),
        "verdicts": [_verdict(row, completions[row.task_id, row.sample]) for row in verdicts],
        "sandbox": {"level": str(probe_level())},
        "generation": _generation(generated, completions, plan),
        "judging": {
            "wall_s": judged.wall_s,
            "solutions_per_s": judged.solutions / judged.wall_s if judged.solutions else None,
        },
    }


def _verdict(row: VerdictRow, completion: CompletionRow) -> dict[str, Json]:
    return {
        "task_id": row.task_id,
        "sample": row.sample,
        "verdict": row.verdict,
        "detail": row.detail,
        "wall_s": row.wall_s,
        "n_tokens": completion.n_tokens,
        "finish_reason": completion.finish_reason,
    }


def _generation(
    generated: GenerationSpeed | None,
    completions: dict[tuple[str, int], CompletionRow],
    plan: EvaluationPlan,
) -> dict[str, Json]:
    rows = completions.values()
    return {
        "tokens": sum(row.n_tokens for row in rows),
        "prompt_tokens": sum(row.n_prompt_tokens for row in rows),
        "tokens_per_s": generated.tokens / generated.wall_s if generated else None,
        "wall_s": generated.wall_s if generated else None,
        "n_sequences": plan.load.n_sequences,
    }
