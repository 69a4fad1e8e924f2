"""``kdedge quantize``: a smaller GGUF file, and before that what it would be."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from kdedge.cli.output import EventsOption, JsonOption, Output, open_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kdedge.quantize.overrides import Override
    from kdedge.quantize.plan import QuantizationPlan

_MIB = 1024**2


def command(
    source: Annotated[str, typer.Argument(help="A GGUF file or a name of `kdedge models`.")],
    target: Annotated[Path | None, typer.Argument(help="The file to write.")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="For example Q8_0, Q4_K_M, Q4_0.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Write nothing: real sizes; of every type without one.")
    ] = False,
    imatrix: Annotated[
        Path | None, typer.Option(help="Activation statistics of `kdedge imatrix`.")
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--override", metavar="REGEX=TYPE", help="Another type; may be repeated."),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="With --plan: also types that buy nothing.")
    ] = False,
    allow_requantize: Annotated[
        bool, typer.Option(help="Take a file that is already quantised; costs quality.")
    ] = False,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Write a GGUF file with smaller weights, through llama.cpp's quantiser.

    \b
    Examples:
      kdedge quantize model.BF16.gguf --plan
      kdedge quantize model.BF16.gguf model.Q4_K_M.gguf --type Q4_K_M --imatrix model.imatrix.gguf
      kdedge quantize model.BF16.gguf small.gguf --type Q4_0 --override 'ffn_down=Q8_0'
      kdedge quantize starter small.gguf --type Q4_0 --allow-requantize
    """  # noqa: D301, DOC501 - the backspace keeps the lines apart; help lists no errors
    from kdedge.models.library import resolve_model
    from kdedge.quantize.overrides import parse_override

    if not plan and (target is None or type_ is None):
        raise typer.BadParameter("name the file to write and its --type, or say --plan")
    overrides = [parse_override(each) for each in override or []]
    with open_output(json_target, events=events) as output:
        path = resolve_model(source)
        if type_ is None:
            _show_types(output, path, imatrix=imatrix, show_all=show_all)
        elif plan or target is None:
            _show_plan(output, path, type_.upper(), overrides=overrides, imatrix=imatrix)
        else:
            from kdedge.quantize.quantize import quantize_model

            made = quantize_model(
                path,
                target,
                file_type=type_.upper(),
                overrides=overrides,
                imatrix=imatrix,
                requantize=allow_requantize,
                sink=output.sink,
            )
            output.document(_document(made.plan, path=made.path, file_bytes=made.file_bytes))
            size = f"{made.file_bytes / _MIB:.1f} MiB, {made.bits_per_weight:.2f} bits a weight"
            output.print(f"{made.path}: {made.file_type}, {size}")


def _show_types(output: Output, path: Path, *, imatrix: Path | None, show_all: bool) -> None:
    from kdedge.quantize.type_table import plan_table

    rows = plan_table(path, imatrix=imatrix)
    output.document(
        {
            "schema": "kdedge.quantize/1",
            "path": None,
            "source": str(path),
            "types": [
                {
                    "file_type": row.file_type,
                    "file_bytes": row.file_bytes,
                    "bits_per_weight": row.bits_per_weight,
                    "fallbacks": row.n_fallback,
                    "needs_imatrix": row.needs_imatrix,
                    "hidden": row.hidden,
                }
                for row in rows
            ],
        }
    )
    table = Table("type", "MiB", "bits a weight", "fallbacks", "")
    for row in rows:
        if row.hidden is None or show_all:
            note = row.hidden or ("needs an imatrix" if row.needs_imatrix else "")
            size, bits = f"{row.file_bytes / _MIB:.1f}", f"{row.bits_per_weight:.2f}"
            table.add_row(row.file_type, size, bits, str(row.n_fallback), note)
    output.print(table)
    n_hidden = sum(row.hidden is not None for row in rows)
    if n_hidden and not show_all:
        output.print(f"{n_hidden} types that buy nothing are hidden; --all shows them and why.")


def _show_plan(
    output: Output,
    path: Path,
    file_type: str,
    *,
    overrides: "Sequence[Override]",
    imatrix: Path | None,
) -> None:
    from kdedge.quantize.plan import plan_quantization

    plan = plan_quantization(path, file_type=file_type, overrides=overrides, imatrix=imatrix)
    output.document(_document(plan, path=None, file_bytes=plan.file_bytes))
    table = Table("tensor", "from", "to", "KiB", "")
    for row in plan.rows:
        note = "fallback" if row.fallback else ""
        table.add_row(row.tensor, row.from_type, row.to_type, f"{row.n_bytes / 1024:.1f}", note)
    output.print(table)
    output.print(
        f"{plan.file_type}: {plan.file_bytes / _MIB:.1f} MiB, {plan.bits_per_weight:.2f} bits a "
        f"weight, {plan.n_fallback} of {len(plan.rows)} tensors fall back to another type"
    )


def _document(
    plan: "QuantizationPlan", *, path: Path | None, file_bytes: int
) -> dict[str, object]:
    return {
        "schema": "kdedge.quantize/1",
        "path": None if path is None else str(path),
        "file_type": plan.file_type,
        "file_bytes": file_bytes,
        "bits_per_weight": plan.bits_per_weight,
        "plan": [
            {
                "tensor": row.tensor,
                "from": row.from_type,
                "to": row.to_type,
                "bytes": row.n_bytes,
                "fallback": row.fallback,
            }
            for row in plan.rows
        ],
        "divergence": None,
    }
