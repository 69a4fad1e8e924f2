"""``kdedge divergence``: how far quantised models are from their master."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from kdedge.cli.output import EventsOption, JsonOption, open_output


def command(
    master: Annotated[str, typer.Argument(help="The file that is taken to be right.")],
    others: Annotated[
        list[str], typer.Argument(metavar="OTHER...", help="Files that were made from it.")
    ],
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", help="What they predict; may be repeated. Default: Python code."),
    ] = None,
    chunk_tokens: Annotated[
        int, typer.Option(help="Tokens of a chunk; its second half is scored.")
    ] = 512,
    chunks: Annotated[int | None, typer.Option("--chunks", help="Only so many of them.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Default: one a core.")] = None,
    gpu_layers: Annotated[int, typer.Option(min=-1, help="Layers on the GPU; -1 is all.")] = 0,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Compare predictions: KL divergence, top-1 agreement and perplexity, with intervals.

    \b
    Examples:
      kdedge divergence model.BF16.gguf model.Q4_K_M.gguf
      kdedge divergence model.BF16.gguf a.gguf b.gguf --text held_out.txt --json divergence.json
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.models.library import resolve_model
    from kdedge.quantize.calibration import held_out_text
    from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
    from kdedge.quantize.divergence_document import divergence_document, divergence_rows

    options = DivergenceOptions(
        chunk_tokens=chunk_tokens, n_chunks=chunks, n_threads=threads, n_gpu_layers=gpu_layers
    )
    with open_output(json_target, events=events) as output:
        base, *paths = (resolve_model(each) for each in (master, *others))
        read = held_out_text(text or [])
        found = measure_divergences(base, paths, read.text, options=options, sink=output.sink)
        output.document(
            divergence_document(found, master=base, others=paths, text=read, sink=output.sink)
        )
        table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("model", overflow="fold", min_width=12)
        for title in ("MiB", "mean KL [95 %]", "p99", "worst", "top-1", "perpl."):
            table.add_column(title, justify="right", no_wrap=True)
        for row in divergence_rows(found, paths):
            table.add_row(*row)
        output.print(table)
        output.print(
            f"{base.name}: perplexity {found[0].perplexity_master:.4g}; "
            f"{found[0].n_tokens} tokens of {read.name}"
        )
