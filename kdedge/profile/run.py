"""A whole profile of one model: load, raw, user, memory, and pass@k when a suite is named.

Every repetition is kept as it is made; a run that is killed goes on with ``resume`` where it was.
"""

from dataclasses import asdict
from pathlib import Path

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Note, RunFinished, RunStarted, Sink
from kdedge.core.json_value import Json
from kdedge.core.machine import MachineFacts, machine_facts
from kdedge.core.software import software_versions
from kdedge.core.store import Store
from kdedge.core.store_rows import RunRow
from kdedge.models.describe import describe_model
from kdedge.models.footprint import ContextLayout, predict
from kdedge.models.header import Header, read_header
from kdedge.profile.bench import Bench
from kdedge.profile.document import EVALUATION, profile_document
from kdedge.profile.energy import read_energy
from kdedge.profile.load_phase import measure_load
from kdedge.profile.memory_phase import measure_memory
from kdedge.profile.noise_facts import BEFORE, listen
from kdedge.profile.options import (
    NEWEST,
    ProfileOptions,
    Settings,
    protocol_of,
    run_key,
    settings_of,
)
from kdedge.profile.raw_phase import measure_raw
from kdedge.profile.recorder import Recorder
from kdedge.profile.user_phase import measure_user
from kdedge.runtime.thread_rule import default_threads

VERB = "profile"


def profile_model(
    path: Path, *, options: ProfileOptions, store: Store, sink: Sink
) -> dict[str, Json]:
    """Return the result document of a profile of the model at ``path``.

    Args:
        path: A GGUF file.
        options: What to measure.
        store: Where every repetition is kept.
        sink: Gets the progress.

    Raises:
        KdedgeError: The model cannot be loaded, a process died, or the run cannot be resumed.
        InterruptedRunError: The user stopped it; what was measured is kept.
    """
    header = read_header(path)
    settings = settings_of(
        options, n_ctx_train=header.context_length, default_threads=default_threads()
    )
    protocol = protocol_of(settings)
    subject = _subject(path, header=header, settings=settings, options=options, sink=sink)
    run = _open_run(subject, options=options, settings=settings, store=store, sink=sink)
    try:
        bench = Bench(
            path=path,
            settings=settings,
            protocol=protocol,
            recorder=Recorder(store, run.run_id),
            sink=sink,
        )
        _measure(bench, run=run)
        if options.suite is not None:
            _evaluate(bench, options=options, store=store)
        document = profile_document(
            run, settings=settings, protocol=protocol, recorder=bench.recorder
        )
    except BaseException as error:
        _end(run, error, store=store, sink=sink)
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedRunError(
                f"Run {run.run_id} was interrupted; what was measured is kept.",
                hint="The same command with --resume goes on.",
            ) from error
        raise
    store.finish_run(run.run_id, status="done", document=document)
    sink(RunFinished(run=run.run_id, status="done"))
    return document


def _measure(bench: Bench, *, run: RunRow) -> None:
    machine = run.subject["machine"]
    assert isinstance(machine, dict)
    energy = read_energy()
    reason = energy if isinstance(energy, str) else None
    bench.recorder.add(BEFORE, {**listen(machine), "energy_reason": reason})
    measure_load(bench)
    measure_raw(bench)
    measure_user(bench)
    measure_memory(bench)


def _evaluate(bench: Bench, *, options: ProfileOptions, store: Store) -> None:
    """Measure pass@k once, and keep what the document says of it."""
    from kdedge.evaluate.plan import EvaluationPlan
    from kdedge.evaluate.run import evaluate_model
    from kdedge.runtime.options import LoadOptions

    if bench.recorder.values(EVALUATION) or options.suite is None:
        return
    plan = EvaluationPlan(
        suite=options.suite,
        seed=options.seed,
        # An earlier process of this profile may have left half an evaluation behind.
        resume=NEWEST if len(bench.recorder.values(BEFORE)) > 1 else None,
        load=LoadOptions(n_threads=options.n_threads, n_gpu_layers=options.n_gpu_layers or 0),
    )
    document = evaluate_model(bench.path, plan=plan, store=store, sink=bench.sink)
    kept = ("suite", "preset", "sampling", "n_samples", "verdict_counts", "sandbox")
    block = {key: document[key] for key in kept}
    pass_at_k = document["pass_at_k"]
    assert isinstance(pass_at_k, dict)
    bench.recorder.add(
        EVALUATION, {"pass_at_k": {**pass_at_k, "run": document["run"]}, "evaluation": block}
    )


def _subject(
    path: Path, *, header: Header, settings: Settings, options: ProfileOptions, sink: Sink
) -> dict[str, Json]:
    machine = machine_facts()
    return {
        "model": describe_model(path, sink=sink).as_json(),
        "machine": machine.as_json(),
        "software": software_versions(),
        "settings": asdict(settings),
        "protocol": protocol_of(settings).as_json(),
        "suite": options.suite,
        "predicted": _predicted(header, settings=settings, machine=machine, sink=sink),
    }


def _predicted(header: Header, *, settings: Settings, machine: MachineFacts, sink: Sink) -> Json:
    layout = ContextLayout(
        n_ctx_per_sequence=settings.context_tokens,
        n_ubatch=settings.n_ubatch,
        cache_type_k="F16",
        cache_type_v="F16",
        full_window=False,
    )
    try:
        footprint = predict(header, layout=layout, machine=machine)
    except KdedgeError as error:
        return {"anon_bytes": None, "needs_bytes": None, "reason": error.problem}
    if footprint.fit == "short":
        sink(
            Note(
                text=f"Memory is {footprint.short_by_bytes / 1024**2:.0f} MiB short by the"
                " prediction; measuring all the same. A smaller --context needs less."
            )
        )
    elif footprint.fit == "tight":
        sink(Note(text="Memory will be tight by the prediction."))
    return footprint.as_json()


def _open_run(
    subject: dict[str, Json],
    *,
    options: ProfileOptions,
    settings: Settings,
    store: Store,
    sink: Sink,
) -> RunRow:
    model = subject["model"]
    assert isinstance(model, dict)
    key = run_key(
        model_sha256=str(model["sha256"]),
        settings=settings,
        suite=options.suite,
        software=subject["software"],
    )
    found = _resumable(key, options=options, store=store)
    if found is None:
        found = store.begin_run(verb=VERB, key=key, subject=subject)
        sink(RunStarted(verb=VERB, run=found.run_id))
    else:
        store.claim(found.run_id)
        sink(RunStarted(verb=VERB, run=found.run_id, resumed=True))
    return found


def _resumable(key: str, *, options: ProfileOptions, store: Store) -> RunRow | None:
    if options.resume is None:
        return None
    if options.resume == NEWEST:
        return store.unfinished_run(verb=VERB, key=key)
    found = store.run(options.resume)
    if found.verb != VERB or found.key != key:
        raise KdedgeError(
            f"Run {found.run_id} was made with another model, other settings or other software.",
            hint="Give the same model and options as that run, or leave --resume out.",
        )
    return found


def _end(run: RunRow, error: BaseException, *, store: Store, sink: Sink) -> None:
    status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    store.finish_run(run.run_id, status=status)
    sink(RunFinished(run=run.run_id, status=status))
