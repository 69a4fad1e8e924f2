"""``kdedge imatrix``: activation statistics that weight the rounding error of a quantiser."""

from pathlib import Path
from typing import Annotated

import typer

from kdedge.cli.output import EventsOption, JsonOption, open_output


def command(
    model: Annotated[str, typer.Argument(help="A GGUF file or a name of `kdedge models`.")],
    target: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    text: Annotated[
        list[Path] | None,
        typer.Option("--text", help="Typical text; may be repeated. Default: Python code."),
    ] = None,
    chunk_tokens: Annotated[int, typer.Option(help="Tokens that are run at once.")] = 512,
    chunks: Annotated[
        int | None, typer.Option("--chunks", min=1, help="Only so many of them.")
    ] = None,
    merge: Annotated[
        list[Path] | None,
        typer.Option("--merge", help="Add this earlier imatrix file; may be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with what Ctrl-C interrupted.")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Default: one a core.")] = None,
    gpu_layers: Annotated[int, typer.Option(min=-1, help="Layers on the GPU; -1 is all.")] = 0,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Gather activation statistics of a model, in llama.cpp's own GGUF imatrix format.

    \b
    Examples:
      kdedge imatrix model.BF16.gguf -o model.imatrix.gguf
      kdedge imatrix model.BF16.gguf --text code.txt --text chat.txt -o model.imatrix.gguf
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.models.library import resolve_model
    from kdedge.quantize.calibration import calibration_text
    from kdedge.quantize.imatrix import GatherOptions, gather_imatrix
    from kdedge.quantize.imatrix_document import imatrix_document

    options = GatherOptions(
        chunk_tokens=chunk_tokens,
        n_chunks=chunks,
        merge=tuple(merge or ()),
        resume=resume,
        n_threads=threads,
        n_gpu_layers=gpu_layers,
    )
    with open_output(json_target, events=events) as output:
        path = resolve_model(model)
        read = calibration_text(text or [])
        made = gather_imatrix(path, read, target, options=options, sink=output.sink)
        output.document(imatrix_document(made, model=path, target=target, text=read))
        output.print(
            f"{target}: {len(made.entries)} weights, {made.n_chunks} chunks of "
            f"{made.chunk_tokens} tokens"
        )
