"""pass@k as a part of a profile: one evaluation, found again when the profile is resumed."""

from kdedge.core.events import Event, RunStarted
from kdedge.core.json_value import Json
from kdedge.core.store import Store
from kdedge.profile.bench import Bench
from kdedge.profile.recorder import Value

EVALUATION = "evaluation"
"""Name of what the profile's document says of the evaluation."""
RUN = "evaluation/run"
"""Name of the id of its run, kept as soon as there is one."""
_SAID_BY_THE_PROFILE = {"schema", "run", "model", "machine", "software", "settings", "pass_at_k"}


def measure_pass_at_k(bench: Bench, *, suite: str, threads: int | None, store: Store) -> None:
    """Evaluate the model once; an evaluation that was begun is finished, never repeated.

    Args:
        bench: The profile's surroundings.
        suite: Name of the suite.
        threads: As the user asks for it.
        store: Where runs are kept.

    Raises:
        KdedgeError: The evaluation fails.
    """
    if bench.recorder.values(EVALUATION):
        return
    # Only now: a profile without a suite does without the memory of all this.
    from kdedge.evaluate.plan import EvaluationPlan
    from kdedge.evaluate.run import VERB, evaluate_model
    from kdedge.runtime.options import LoadOptions

    begun = bench.recorder.values(RUN)
    run_id = str(begun[-1]["run"]) if begun else None
    document = None if run_id is None else store.run(run_id).document
    if document is None:
        plan = EvaluationPlan(
            suite=suite,
            seed=bench.settings.seed,
            load=LoadOptions(n_threads=threads, n_gpu_layers=bench.settings.n_gpu_layers),
            resume=run_id,
        )

        def note_run(event: Event) -> None:
            if isinstance(event, RunStarted) and event.verb == VERB and event.run != run_id:
                bench.recorder.add(RUN, {"run": event.run})
            bench.sink(event)

        document = evaluate_model(bench.path, plan=plan, store=store, sink=note_run)
    bench.recorder.add(EVALUATION, _block(dict(document)))


def _block(document: dict[str, Json]) -> Value:
    pass_at_k = document["pass_at_k"]
    assert isinstance(pass_at_k, dict)
    return {
        "pass_at_k": {**pass_at_k, "run": document["run"]},
        "evaluation": {
            key: value for key, value in document.items() if key not in _SAID_BY_THE_PROFILE
        },
    }
