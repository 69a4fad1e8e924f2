"""``kdedge compare``: how models differ from the first one, with intervals."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from kdedge.cli.output import JsonOption, open_output
from kdedge.core.files import write_text
from kdedge.report.compare import compare
from kdedge.report.comparison_output import (
    comparison_as_html,
    comparison_document,
    terminal_comparison,
)
from kdedge.report.documents import load_documents
from kdedge.report.front_axes import axes_named


def command(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Run ids, or files that --json wrote; the first is the baseline.",
            show_default=False,
        ),
    ],
    allow_unlike: Annotated[
        bool,
        typer.Option("--allow-unlike", help="Compare runs that were measured unlike; flag it."),
    ] = False,
    front: Annotated[
        str,
        typer.Option(
            metavar="AXIS,AXIS",
            help="Front of: pass@1, decode, prefill, ttft, memory, energy, size; two or more.",
        ),
    ] = "decode,pass@1",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the comparison as a page.")
    ] = None,
    json_target: JsonOption = None,
) -> None:
    """Compare models with the first one: solved problems in pairs, speed and memory as ratios.

    Runs of another suite, preset, machine or setting are refused, each difference by its name.

    \b
    Examples:
      kdedge compare 20261124-0512-ev-3f9a 20261124-0514-ev-77c1
      kdedge compare BASE OTHER ANOTHER --html compare.html
      kdedge compare BASE OTHER --front ttft,pass@1
    """  # noqa: D301 - the backspace keeps the lines apart
    with open_output(json_target, events=False) as output:
        axes = axes_named([name.strip() for name in front.split(",") if name.strip()])
        comparison = compare(load_documents(runs), allow_unlike=allow_unlike, axes=axes)
        output.print(terminal_comparison(comparison))
        if html is not None:
            write_text(html, comparison_as_html(comparison))
            output.print(Text(f"{html} is written."))
        output.document(comparison_document(comparison))
