"""``kdedge profile``: speed and memory of models, and pass@k on request."""

from typing import Annotated

import typer
from rich.console import Console

from kdedge.cli.output import EventsOption, JsonOption, open_output
from kdedge.core.errors import KdedgeError
from kdedge.core.store import Store

_LARGEST = 9999


def command(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="GGUF files, names, or `starter`.")
    ],
    suite: Annotated[str | None, typer.Option(help="Also measure pass@k on this suite.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="About a minute a small model.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="llama-bench's rows and memory only.")
    ] = False,
    context: Annotated[int | None, typer.Option(min=256, help="Tokens of the context.")] = None,
    threads: Annotated[str, typer.Option(help="A number, or auto.")] = "auto",
    gpu_layers: Annotated[str, typer.Option(help="A number, or auto.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of sampling and of intervals.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest unfinished run like this one.")
    ] = False,
    run: Annotated[
        str | None, typer.Option("--run", help="With --resume: go on with this run.")
    ] = None,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Measure load time, TTFT, ITL, prefill and decode speed and memory, each with its noise.

    \b
    Examples:
      kdedge profile starter --quick
      kdedge profile a.gguf b.gguf --suite humaneval-mini --json profile.json
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.models.library import resolve_model
    from kdedge.profile.options import NEWEST, ProfileOptions
    from kdedge.profile.run import profile_models
    from kdedge.report.as_terminal import terminal_report
    from kdedge.report.build import build_report
    from kdedge.report.documents import load_documents

    options = ProfileOptions(
        suite=suite,
        quick=quick,
        raw_only=raw,
        context_tokens=context,
        n_threads=_number(threads, "--threads", least=1),
        n_gpu_layers=_number(gpu_layers, "--gpu-layers", least=0),
        seed=seed,
        resume=run or (NEWEST if resume else None),
    )
    with open_output(json_target, events=events) as output:
        _check_one_model(models, run=run)
        paths = [resolve_model(model) for model in models]
        with Store.open() as store:
            documents = profile_models(paths, options=options, store=store, sink=output.sink)
        only = documents[0] if len(documents) == 1 else None
        output.document(only or {"schema": "kdedge.profiles/1", "profiles": documents})
        report = build_report(load_documents([str(d["run"]) for d in documents]))
        output.print(terminal_report(report, width=Console().width))


def _check_one_model(models: list[str], *, run: str | None) -> None:
    if run is not None and len(models) > 1:
        raise KdedgeError(
            "--run names one run, and several models are given.",
            hint="Use --resume alone, or name one model.",
        )


def _number(text: str, option: str, *, least: int) -> int | None:
    if text == "auto":
        return None
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= _LARGEST:
        raise KdedgeError(
            f"{option} {text} is neither auto nor a number from {least} to {_LARGEST}.",
            hint=f"For example {option} 4.",
        )
    return int(text)
