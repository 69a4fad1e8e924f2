"""``kdedge sandbox``: one Python program, run closed in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from kdedge.cli.output import JsonOption, Output, open_output

if TYPE_CHECKING:
    from kdedge.evaluate.sandbox.program import Printed

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Run a Python program closed in.",
)


@app.callback()
def group() -> None:
    """Run a Python program closed in: no network, no files, no other processes."""


@app.command("run")
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Python program.")],
    timeout: Annotated[
        float, typer.Option(metavar="S", min=0.1, max=3600.0, help="Seconds until it is stopped.")
    ] = 10.0,
    stdin: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What it reads as its input.")
    ] = None,
    allow_weak_sandbox: Annotated[
        bool, typer.Option(help="Run it although this machine has no strong sandbox.")
    ] = False,
    json_target: JsonOption = None,
) -> None:
    """Run one Python program and show what it printed and how it ended.

    It has the standard library and numpy, a folder of its own and 4 GiB of memory; no network, no
    files, no other processes or threads. The exit code is 0 whatever the program did: how it
    ended is told in the last line and in the document.

    \b
    Examples:
      kdedge sandbox run answer.py
      kdedge sandbox run answer.py --timeout 2 --stdin input.txt
      kdedge sandbox run answer.py --json result.json
    """  # noqa: D301
    from kdedge.evaluate.sandbox.program import run_program

    with open_output(json_target, events=False) as output:
        found = run_program(
            file.expanduser(),
            timeout_s=timeout,
            stdin=None if stdin is None else stdin.expanduser(),
            allow_weak=allow_weak_sandbox,
        )
        output.document({**found.as_json(), "file": str(file)})
        _show(output, found.stdout, style="")
        _show(output, found.stderr, style="red")
        output.print(
            f"{found.in_words}; {found.wall_s:.2f} s, {found.cpu_s:.2f} s of CPU,"
            f" sandbox {found.level}"
        )


def _show(output: Output, printed: "Printed", *, style: str) -> None:
    if printed.text:
        output.print(Text(_harmless(printed.text).removesuffix("\n"), style=style))
    if printed.cut:
        output.print(f"... cut: {printed.n_bytes:,} bytes in all")


def _harmless(text: str) -> str:
    # A program may print codes that move the terminal's cursor or ask it to do things.
    return "".join(
        each if each.isprintable() or each in "\n\t" else ascii(each)[1:-1] for each in text
    )
