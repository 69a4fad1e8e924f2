"""pass@k of one model on one suite: generate, judge, sum up; resumes at (problem, sample)."""

from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import RunFinished, RunStarted, Sink
from kdedge.core.json_value import Json
from kdedge.core.machine import machine_facts
from kdedge.core.software import software_versions
from kdedge.core.store import Store
from kdedge.core.store_rows import RunRow
from kdedge.evaluate.document import evaluation_document
from kdedge.evaluate.generating import generate, missing
from kdedge.evaluate.judging import judge
from kdedge.evaluate.part import part_of, suite_block
from kdedge.evaluate.plan import NEWEST, EvaluationPlan, run_key
from kdedge.evaluate.prompts import Preset, default_preset, preset_named
from kdedge.evaluate.sandbox import chosen_level
from kdedge.evaluate.suites import Suite, load_suite
from kdedge.evaluate.telling import tell_what_is_there
from kdedge.models.describe import describe_model
from kdedge.models.header import read_header
from kdedge.runtime.devices import machine_document

VERB = "evaluate"


def evaluate_model(
    path: Path, *, plan: EvaluationPlan, store: Store, sink: Sink
) -> dict[str, Json]:
    """Return the result document of ``plan`` on the model at ``path``.

    Every completion and verdict is kept as it is made; a run that is killed goes on with
    ``plan.resume`` and ends in the same document, timings aside.

    Raises:
        KdedgeError: Bad input of any kind, a dead worker, or no sandbox.
        ValueError: ``plan`` asks for pass@k with k > n_samples.
    """
    if max(plan.ks) > plan.n_samples:
        raise ValueError(f"pass@{max(plan.ks)} needs at least that many samples")
    # Before hours of generation, not after them: is there a sandbox to judge in?
    chosen_level(wanted=None, allow_weak=plan.allow_weak_sandbox)
    whole = load_suite(plan.suite)
    suite = part_of(whole, task_ids=plan.task_ids, n_problems=plan.n_problems)
    preset = _preset(path, plan)
    block = suite_block(suite, whole=whole)
    subject = _subject(path, suite=block, plan=plan, preset=preset)
    run = _open_run(plan, subject=subject, suite=suite, store=store)
    resumed = bool(store.completions(run.run_id))
    sink(RunStarted(verb=VERB, run=run.run_id, resumed=resumed))
    try:
        tell_what_is_there(run.run_id, store=store, sink=sink)
        return _finish(
            run, path=path, plan=plan, suite=suite, preset=preset, store=store, sink=sink
        )
    except BaseException as error:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        store.finish_run(run.run_id, status=status)
        sink(RunFinished(run=run.run_id, status=status))
        raise


def _finish(  # noqa: PLR0913 - the parts of one run
    run: RunRow,
    *,
    path: Path,
    plan: EvaluationPlan,
    suite: Suite,
    preset: Preset,
    store: Store,
    sink: Sink,
) -> dict[str, Json]:
    wanted = missing(run.run_id, store=store, suite=suite, plan=plan, preset=preset)
    generated = None
    if wanted:
        generated = generate(
            run.run_id, path=path, wanted=wanted, plan=plan, store=store, sink=sink
        )
    judged = judge(run.run_id, plan=plan, suite=suite, preset=preset, store=store, sink=sink)
    document = evaluation_document(
        run, suite=suite, plan=plan, store=store, generated=generated, judged=judged
    )
    store.finish_run(run.run_id, status="done", document=document)
    sink(RunFinished(run=run.run_id, status="done"))
    return document


def _preset(path: Path, plan: EvaluationPlan) -> Preset:
    has_template = bool(read_header(path).chat_template)
    if plan.preset is None:
        return default_preset(has_chat_template=has_template)
    preset = preset_named(plan.preset)
    if preset.kind == "chat" and not has_template:
        raise KdedgeError(
            f"{path.name} has no chat template, so {preset.name} cannot be used.",
            hint="Use a completion preset: --preset evalplus-base/1.",
        )
    return preset


def _subject(path: Path, *, suite: Json, plan: EvaluationPlan, preset: Preset) -> dict[str, Json]:
    return {
        "model": describe_model(path).as_json(),
        "suite": suite,
        "settings": plan.settings(preset=preset),
        "machine": machine_document(machine_facts()),
        "software": software_versions(),
    }


def _open_run(
    plan: EvaluationPlan, *, subject: dict[str, Json], suite: Suite, store: Store
) -> RunRow:
    model, settings, software = subject["model"], subject["settings"], subject["software"]
    assert isinstance(model, dict)
    assert isinstance(settings, dict)
    assert isinstance(software, dict)
    key = run_key(
        model_sha256=str(model["sha256"]),
        suite=suite,
        settings=settings,
        runtime=software["llama_cpp_python"],
    )
    if plan.resume is None:
        return store.begin_run(verb=VERB, key=key, subject=subject)
    found = (
        store.unfinished_run(verb=VERB, key=key)
        if plan.resume == NEWEST
        else store.run(plan.resume)
    )
    if found is None:
        return store.begin_run(verb=VERB, key=key, subject=subject)
    if found.key != key:
        raise KdedgeError(
            f"Run {found.run_id} was made with another model, suite, settings or llama.cpp.",
            hint="Give the same model and options as that run, or leave --resume out.",
        )
    store.claim(found.run_id)
    return found
