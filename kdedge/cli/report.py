"""``kdedge report``: runs as a table in the terminal, or as one file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from kdedge.cli.output import JsonOption, open_output
from kdedge.core.files import write_text
from kdedge.report.as_terminal import terminal_report
from kdedge.report.as_text_files import report_document
from kdedge.report.build import build_report
from kdedge.report.documents import load_documents, load_quantizations
from kdedge.report.formats import Format, format_of, report_text
from kdedge.report.quantization import build_quantization_report
from kdedge.report.quantization_output import (
    quantization_document,
    quantization_text,
    terminal_quantization,
)


def command(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help="Run ids, or files that --json wrote.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Write here; without it, show a table."),
    ] = None,
    format_name: Annotated[
        Format | None,
        typer.Option("--format", help="Of the file; without it, the file's ending decides."),
    ] = None,
    json_target: JsonOption = None,
) -> None:
    """Show runs side by side, or write them as one HTML, CSV, JSON or Markdown file.

    A profile and an evaluation of the same model become one row. What `kdedge quantize` wrote
    becomes a report of its own: size against divergence against speed.

    \b
    Examples:
      kdedge report 20261124-0512-pr-3f9a 20261124-0514-ev-77c1
      kdedge report RUN RUN RUN -o report.html
      kdedge report profile.json evaluation.json -o numbers.csv
    """  # noqa: D301 - the backspace keeps the lines apart
    with open_output(json_target, events=False) as output:
        target = None if out is None else format_of(out, chosen=format_name)
        parts = _parts(runs)
        if out is not None and target is not None:
            write_text(out, parts.text(target))
            output.print(Text(f"{out} is written."))
        elif format_name is not None:
            if json_target != "-":
                print(parts.text(format_name), end="")
        else:
            output.print(parts.shown())
        output.document(parts.document())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """One report, in the ways it can be handed out."""

    text: Callable[[Format], str]
    shown: Callable[[], RenderableType]
    document: Callable[[], dict[str, Any]]


def _parts(runs: list[str]) -> _Parts:
    quantizations = load_quantizations(runs)
    if quantizations:
        told = build_quantization_report(quantizations)
        return _Parts(
            text=partial(quantization_text, told),
            shown=partial(terminal_quantization, told),
            document=partial(quantization_document, told),
        )
    report = build_report(load_documents(runs))
    return _Parts(
        text=partial(report_text, report),
        shown=lambda: terminal_report(report, width=Console().width),
        document=partial(report_document, report),
    )
