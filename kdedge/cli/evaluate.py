"""``kdedge evaluate``: pass@k of a model, or of completions made elsewhere."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from kdedge.cli.output import EventsOption, JsonOption, Output, open_output
from kdedge.core.errors import KdedgeError
from kdedge.core.store import Store


def command(
    model: Annotated[
        str | None, typer.Argument(help="A GGUF file, a name of `kdedge models`, or `starter`.")
    ] = None,
    suite: Annotated[str, typer.Option(help="Which problems; see `kdedge suites list`.")] = (
        "humaneval"
    ),
    task: Annotated[
        str | None,
        typer.Option(help="Only these problems, separated by commas: HumanEval/3,HumanEval/7."),
    ] = None,
    problems: Annotated[
        int | None, typer.Option(min=1, help="Only so many of the suite's first problems.")
    ] = None,
    samples: Annotated[
        Path | None, typer.Option(help="Judge the completions in this .jsonl instead of a model.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="Completions of each problem.")] = 1,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 0.0,
    top_k: Annotated[int, typer.Option(min=0, help="0 keeps all tokens.")] = 0,
    top_p: Annotated[float, typer.Option(min=0.0, max=1.0)] = 1.0,
    min_p: Annotated[float, typer.Option(min=0.0, max=1.0)] = 0.0,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal completions.")] = 0,
    k: Annotated[str, typer.Option(help="The k of pass@k, separated by commas.")] = "1",
    preset: Annotated[
        str | None, typer.Option(help="evalplus-base/1 or evalplus-chat/1; default by the file.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Longest completion; default by the preset.")
    ] = None,
    context: Annotated[int, typer.Option(min=256, help="Tokens of one sequence.")] = 1536,
    parallel: Annotated[
        int, typer.Option(min=1, max=64, help="Completions side by side; changes speed only.")
    ] = 16,
    threads: Annotated[int | None, typer.Option(min=1, help="Default: one a core.")] = None,
    gpu_layers: Annotated[int, typer.Option(help="Layers on the GPU; -1 is all.")] = 0,
    samples_out: Annotated[
        Path | None, typer.Option(help="Also write the programs here, as EvalPlus does.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest unfinished run like this one.")
    ] = False,
    run: Annotated[
        str | None, typer.Option("--run", help="With --resume: go on with this run.")
    ] = None,
    allow_weak_sandbox: Annotated[
        bool, typer.Option(help="Run model code although this machine has no strong sandbox.")
    ] = False,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Measure pass@k: generate programs, run them against the tests, count those that pass.

    Model code runs in a sandbox without network, files or processes.

    \b
    Examples:
      kdedge evaluate starter --suite humaneval-mini
      kdedge evaluate model.gguf --problems 5
      kdedge evaluate model.gguf -n 20 --temperature 0.8 --k 1,10
      kdedge evaluate model.gguf -n 20 --temperature 0.8 --k 1,10 --resume
      kdedge evaluate --samples completions.jsonl
    """  # noqa: D301, DOC501 - this text is the command's help
    from kdedge.evaluate.plan import NEWEST, EvaluationPlan
    from kdedge.evaluate.run import evaluate_model
    from kdedge.models.library import resolve_model
    from kdedge.runtime.options import LoadOptions, Sampling

    ks = _ks(k, n)
    with open_output(json_target, events=events) as output:
        if samples is not None:
            if task is not None or problems is not None:
                raise KdedgeError(
                    "--samples judges what the file holds; --task and --problems choose nothing.",
                    hint="Leave them out, or leave lines out of the file.",
                )
            _judge_samples(samples, suite, ks, output=output, allow_weak=allow_weak_sandbox)
            return
        if model is None:
            raise KdedgeError(
                "Which model? None was named.", hint="Try `kdedge evaluate starter`."
            )
        plan = EvaluationPlan(
            suite=suite,
            task_ids=() if task is None else tuple(task.split(",")),
            n_problems=problems,
            n_samples=n,
            sampling=Sampling(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p),
            seed=seed,
            ks=ks,
            preset=preset,
            max_tokens=max_tokens,
            load=LoadOptions(
                context_tokens=context,
                n_sequences=parallel,
                n_threads=threads,
                n_gpu_layers=gpu_layers,
            ),
            allow_weak_sandbox=allow_weak_sandbox,
            resume=run or (NEWEST if resume else None),
        )
        with Store.open() as store:
            document = evaluate_model(
                resolve_model(model), plan=plan, store=store, sink=output.sink
            )
            if samples_out is not None:
                from kdedge.evaluate.samples import write_samples

                rows = store.verdicts(str(document["run"]))
                programs = ((row.task_id, row.program) for row in rows)
                write_samples(samples_out, programs, kind="solution")
        output.document(document)
        output.print(_table(document))


def _ks(text: str, n: int) -> tuple[int, ...]:
    try:
        ks = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        ks = ()
    if not ks or ks[0] < 1:
        raise KdedgeError(f"--k {text} is no list of numbers.", hint="For example --k 1,10.")
    if ks[-1] > n:
        raise KdedgeError(
            f"pass@{ks[-1]} needs at least {ks[-1]} completions of each problem, not {n}.",
            hint=f"Use -n {ks[-1]} or more.",
        )
    return ks


def _judge_samples(
    path: Path, suite: str, ks: tuple[int, ...], *, output: Output, allow_weak: bool
) -> None:
    from kdedge.evaluate.foreign import judge_samples

    document = judge_samples(
        path, suite_name=suite, ks=ks, allow_weak=allow_weak, sink=output.sink
    )
    output.document(document)
    output.print(_table(document))


def _table(document: dict[str, Any]) -> Table:
    suite = document["suite"]
    part = suite.get("part")
    chosen = f", {suite['n_problems']} of {part['of_n_problems']} problems" if part else ""
    table = Table(title=f"{suite['name']}{chosen}, {document.get('preset') or 'samples'}")
    for heading in ("", "value", "95 % interval"):
        table.add_column(heading)
    for k, found in document["pass_at_k"].items():
        if found["value"] is None:
            table.add_row(f"pass@{k}", "not measured", found["reason"])
            continue
        low, high = found["ci95"]
        table.add_row(f"pass@{k}", f"{found['value']:.1%}", f"{low:.1%} to {high:.1%}")
    for verdict, count in sorted(document["verdict_counts"].items()):
        table.add_row(verdict, str(count), "")
    speed = document.get("generation", {}).get("tokens_per_s")
    if speed:
        table.add_row("generated", f"{speed:.0f} tokens/s", "")
    table.add_row("sandbox", str(document["sandbox"]["level"]), "")
    return table
