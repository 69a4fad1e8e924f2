"""``kdedge convert``: checkpoints and adapters to GGUF, proven to be the same, and back."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdedge.cli.output import EventsOption, JsonOption, Output, open_output
from kdedge.core.errors import GateError
from kdedge.core.json_value import Json

if TYPE_CHECKING:
    from kdedge_converters.conversion import Dtype


class DtypeChoice(StrEnum):
    """What the matrices are written as."""

    AUTO = "auto"
    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"


def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT_DIR", help="Folder with config.json, or with adapter_config.json."
        ),
    ],
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="With --to-hf: the folder to write.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", "-o", help="The GGUF file to write.")
    ] = None,
    dtype: Annotated[
        DtypeChoice, typer.Option(help="Of the matrices; auto is the stored type.")
    ] = DtypeChoice.AUTO,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Prove it against transformers first.")
    ] = True,
    name: Annotated[
        str | None, typer.Option(help="What the file calls the model; part of its bytes.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="For a LoRA adapter: the checkpoint it was trained on.")
    ] = None,
    to_hf: Annotated[
        bool, typer.Option("--to-hf", help="The way back: IN.gguf to a checkpoint in DIR.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Write nothing; say what would be.")
    ] = False,
    json_target: JsonOption = None,
    events: EventsOption = False,
) -> None:
    """Convert a Hugging Face checkpoint to GGUF, and prove that it computes the same.

    The proof compares the logits of every position and the token ids with transformers; if
    they differ, nothing is written and the exit code is 3.

    \b
    Examples:
      kdedge convert student/ -o student.BF16.gguf
      kdedge convert student/ --plan
      kdedge convert student/ -o student.F16.gguf --dtype f16 --no-verify
      kdedge convert adapter/ --base student/ -o adapter.gguf
      kdedge convert --to-hf student.BF16.gguf student/
    """  # noqa: D301 - the backspace keeps the lines apart
    _check_usage(directory, target, to_hf=to_hf, plan=plan)
    with open_output(json_target, events=events) as output:
        if to_hf:
            assert directory is not None
            _to_hf(output, source, directory, dtype=dtype.value)
        elif (source / "adapter_config.json").is_file():
            _adapter(output, source, target, base=base, dtype=dtype.value, verify=verify)
        elif target is None or plan:
            _plan(output, source, dtype=dtype.value, name=name)
        else:
            _convert(output, source, target, dtype=dtype.value, name=name, verify=verify)


def _check_usage(directory: Path | None, target: Path | None, *, to_hf: bool, plan: bool) -> None:
    if to_hf and directory is None:
        raise typer.BadParameter("name the folder to write after the file")
    if to_hf and (target is not None or plan):
        raise typer.BadParameter("--to-hf takes IN.gguf and DIR, and neither -o nor --plan")
    if not to_hf and directory is not None:
        raise typer.BadParameter(f"{directory} is one argument too many; -o names the file")
    if not to_hf and target is None and not plan:
        raise typer.BadParameter("name the file to write with -o, or say --plan")


def _plan(output: Output, source: Path, *, dtype: "Dtype", name: str | None) -> None:
    from kdedge.convert.document import convert_document
    from kdedge.convert.proof_gate import Proof
    from kdedge.convert.run import ConvertOptions, planned

    found = planned(source, ConvertOptions(dtype=dtype, name=name))
    proof = Proof(status="skipped", reason="a plan alone")
    document = convert_document(found, target=None, proof=proof, written=None)
    output.document(document)
    output.print(_line(document))


def _convert(
    output: Output, source: Path, target: Path, *, dtype: "Dtype", name: str | None, verify: bool
) -> None:
    from kdedge.convert.document import convert_document
    from kdedge.convert.run import ConvertOptions, convert_checkpoint

    options = ConvertOptions(dtype=dtype, name=name, verify=verify)
    made = convert_checkpoint(source, target, options=options, sink=output.sink)
    document = convert_document(made.plan, target=target, proof=made.proof, written=made.written)
    _tell(output, document, target)


def _adapter(
    output: Output,
    source: Path,
    target: Path | None,
    *,
    base: Path | None,
    dtype: "Dtype",
    verify: bool,
) -> None:
    from kdedge.convert.lora import AdapterOptions, convert_adapter

    if target is None:
        raise typer.BadParameter("an adapter has no plan; name the file to write with -o")
    if base is None:
        raise typer.BadParameter(f"{source} is a LoRA adapter: name its model with --base")
    options = AdapterOptions(base_dir=base, dtype=dtype, verify=verify)
    made = convert_adapter(source, target, options=options, sink=output.sink)
    _tell(output, made.document(), target)


def _to_hf(output: Output, source: Path, directory: Path, *, dtype: "Dtype") -> None:
    from kdedge.convert.to_hf import restore_checkpoint

    restored = restore_checkpoint(source, directory, dtype=dtype, sink=output.sink)
    output.document(restored.document())
    output.print(f"{directory}: {restored.class_name}, {restored.n_tensors} tensors")


def _tell(output: Output, document: Mapping[str, Json], target: Path) -> None:
    """Write the document and say what came out.

    Raises:
        GateError: The proof was not met.
    """
    proof = document["proof"]
    assert isinstance(proof, dict)
    output.document(document)
    if document["path"] is None:
        raise GateError(
            f"{target} was not written: {proof['reason']}.",
            hint="The file would not compute what the checkpoint does; please report it.",
        )
    output.print(f"{target}: {_line(document)}")
    if proof["nmse"] is None:
        output.print("Not proven.")
    else:
        output.print(
            f"Proven: NMSE {proof['nmse']:.1e} over {proof['n_positions']} positions, top-1 "
            f"agreement {proof['top1_agreement']:.2%}, token parity {proof['token_parity']:.2%}"
        )


def _line(document: Mapping[str, Json]) -> str:
    size = int(str(document["file_bytes"])) / 1024**2
    return (
        f"{document['architecture']}, {document['tensors']} tensors, {document['dtype']}, "
        f"{size:.1f} MiB"
    )
