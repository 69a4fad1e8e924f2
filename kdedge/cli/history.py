"""``kdedge history``: the runs in the store, newest first."""

from typing import Annotated

import typer
from rich.table import Table

from kdedge.cli.output import JsonOption, open_output
from kdedge.core.store import Store


def command(
    verb: Annotated[str | None, typer.Option(help="Only profile or evaluate runs.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    json_target: JsonOption = None,
) -> None:
    """List the runs of this machine: id, verb, status, model.

    \b
    Example:
      kdedge history --verb evaluate
    """  # noqa: D301 - the backspace keeps the lines apart
    with open_output(json_target, events=False) as output, Store.open() as store:
        rows = store.runs(verb=verb, limit=limit)
        table = Table()
        for heading in ("run", "verb", "status", "started"):
            table.add_column(heading, no_wrap=True)
        table.add_column("model")
        for row in rows:
            model = row.subject.get("model")
            path = str(model.get("path", "")) if isinstance(model, dict) else ""
            name = path.rsplit("/", 1)[-1]
            table.add_row(row.run_id, row.verb, row.status, row.created_at[:16], name)
        runs = [
            {"run": r.run_id, "verb": r.verb, "status": r.status, "created_at": r.created_at}
            for r in rows
        ]
        output.document({"schema": "kdedge.history/1", "runs": runs})
        output.print(table)
