"""``kdedge report``: runs as a table in the terminal, or as one file."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kdedge.cli.output import JsonOption, open_output
from kdedge.core.files import write_text
from kdedge.report.as_terminal import terminal_report
from kdedge.report.as_text_files import report_document
from kdedge.report.build import build_report
from kdedge.report.documents import load_documents
from kdedge.report.formats import Format, format_of, report_text


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

    A profile and an evaluation of the same model become one row.

    \b
    Examples:
      kdedge report 20261124-0512-pr-3f9a 20261124-0514-ev-77c1
      kdedge report RUN RUN RUN -o report.html
      kdedge report profile.json evaluation.json -o numbers.csv
    """  # noqa: D301 - the backspace keeps the lines apart
    with open_output(json_target, events=False) as output:
        target = None if out is None else format_of(out, chosen=format_name)
        report = build_report(load_documents(runs))
        if out is not None and target is not None:
            write_text(out, report_text(report, target))
            output.print(Text(f"{out} is written."))
        elif format_name is not None:
            if json_target != "-":
                print(report_text(report, format_name), end="")
        else:
            output.print(terminal_report(report, width=Console().width))
        output.document(report_document(report))
