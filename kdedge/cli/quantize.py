"""``kdedge quantize``: a smaller GGUF file."""

from pathlib import Path
from typing import Annotated

import typer

from kdedge.cli.output import EventsOption, JsonOption, open_output


def command(
    source: Annotated[str, typer.Argument(help="A GGUF file or a name of `kdedge models`.")],
    target: Annotated[Path, typer.Argument(help="The file to write.")],
    type_: Annotated[str, typer.Option("--type", help="For example Q8_0, Q4_K_M, Q4_0.")],
    allow_requantize: Annotated[
        bool, typer.Option(help="Take a file that is already quantised; costs quality.")
    ] = False,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Write a GGUF file with smaller weights, through llama.cpp's quantiser.

    \b
    Examples:
      kdedge quantize model.BF16.gguf model.Q4_K_M.gguf --type Q4_K_M
      kdedge quantize starter small.gguf --type Q4_0 --allow-requantize
    """  # noqa: D301 - the backspace keeps the lines apart
    from kdedge.models.library import resolve_model
    from kdedge.quantize.quantize import quantize_model

    with open_output(json_target, events=events) as output:
        made = quantize_model(
            resolve_model(source),
            target,
            file_type=type_.upper(),
            requantize=allow_requantize,
            sink=output.sink,
        )
        output.document(
            {
                "schema": "kdedge.quantize/1",
                "path": str(made.path),
                "file_type": made.file_type,
                "file_bytes": made.file_bytes,
                "bits_per_weight": made.bits_per_weight,
            }
        )
        size = f"{made.file_bytes / 1024**2:.1f} MiB, {made.bits_per_weight:.2f} bits a weight"
        output.print(f"{made.path}: {made.file_type}, {size}")
