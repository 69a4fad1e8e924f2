"""What every verb's command shares: where results go and how progress is shown.

With ``--json -`` the document is the only thing on stdout; with ``--events`` stdout carries one
JSON line an event; otherwise tables go to stdout and progress to stderr, bars only on a terminal.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Failed, Note, Progress, RunStarted, to_json_line
from kdedge.core.files import write_text

_MIB = 1024**2

JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the result document here; - is stdout."),
]
EventsOption = Annotated[
    bool, typer.Option("--events", help="Write progress as JSON lines on stdout, for programs.")
]


@dataclass(slots=True, kw_only=True)
class Output:
    """Where one command's progress, tables and document go."""

    json_target: str | None
    """``--json``: a path, ``-`` for stdout, or nothing."""
    events: bool
    """``--events``: stdout carries JSON lines and nothing else."""
    bars: Bars
    """Drawn on stderr; silent unless that is a terminal."""
    _tasks: dict[str, Any] = field(default_factory=dict)

    def sink(self, event: Event) -> None:
        """Show ``event``: as a JSON line, a moving bar, or a line of text."""
        if self.events:
            print(to_json_line(event), flush=True)
        elif isinstance(event, Progress):
            self._move_bar(event)
        elif isinstance(event, Note):
            self.bars.console.print(event.text, markup=False, highlight=False, soft_wrap=True)
        elif isinstance(event, RunStarted):
            word = "resuming" if event.resumed else "run"
            self.bars.console.print(f"{word} {event.run}", markup=False, highlight=False)

    def print(self, renderable: RenderableType) -> None:
        """Show a table or text on stdout, unless stdout is promised to a document or events."""
        if not self.events and self.json_target != "-":
            plain = isinstance(renderable, str)  # a path such as a[b].gguf is no markup
            text = isinstance(renderable, str | Text)  # lines stay whole, however long
            Console(soft_wrap=text, markup=not plain).print(renderable)

    def document(self, document: Mapping[str, Any]) -> None:
        """Write the result document where ``--json`` says, whole or not at all.

        Raises:
            KdedgeError: The file cannot be written.
        """
        if self.json_target is None:
            return
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if self.json_target == "-":
            sys.stdout.write(text)
        else:
            write_text(Path(self.json_target), text)

    def _move_bar(self, event: Progress) -> None:
        if event.phase not in self._tasks:
            self._tasks[event.phase] = self.bars.add_task(event.phase, total=event.total, note="")
        done, total, unit = event.done, event.total, event.unit
        if unit == "bytes":
            done, total, unit = done // _MIB, None if total is None else total // _MIB, "MiB"
        note = f"{unit} {event.detail}".strip()
        self.bars.update(self._tasks[event.phase], completed=done, total=total, note=note)


@contextmanager
def open_output(json_target: str | None, *, events: bool) -> Iterator[Output]:
    """Give the ``Output`` of one command; an error is told to ``--events`` readers on the way out.

    Raises:
        KdedgeError: ``--json -`` and ``--events`` both want stdout.
    """
    if events and json_target == "-":
        raise KdedgeError(
            "--events and --json - both write to stdout.", hint="Give --json a file name."
        )
    console = Console(stderr=True, quiet=events)
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    bars = Bars(*columns, console=console, disable=events or not console.is_terminal)
    output = Output(json_target=json_target, events=events, bars=bars)
    try:
        with bars:
            yield output
    except KdedgeError as error:
        output.sink(Failed(problem=error.problem, hint=error.hint))
        raise
