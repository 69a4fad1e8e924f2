"""``kdedge convert``: a checkpoint becomes a GGUF file that is proven to be the same model."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdedge.cli.output import EventsOption, JsonOption, Output, open_output

if TYPE_CHECKING:
    from kdedge_converters.conversion import Dtype


class DtypeChoice(StrEnum):
    """What the matrices are written as."""

    AUTO = "auto"
    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"


def command(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT_DIR", help="Folder with config.json.")
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
      kdedge convert --to-hf student.BF16.gguf student/
    """  # noqa: D301, DOC501 - the backspace keeps the lines apart; help needs no list of errors
    from kdedge.convert.document import convert_document
    from kdedge.convert.proof_gate import Proof
    from kdedge.convert.run import ConvertOptions, convert_checkpoint, planned

    if to_hf:
        _to_hf(checkpoint, directory, dtype=dtype.value, json_target=json_target, events=events)
        return
    if target is None and not plan:
        raise typer.BadParameter("name the file to write with -o, or say --plan")
    options = ConvertOptions(dtype=dtype.value, name=name, verify=verify)
    with open_output(json_target, events=events) as output:
        if plan or target is None:
            found = planned(checkpoint, options)
            proof = Proof(status="skipped", reason="a plan alone")
            document = convert_document(found, target=None, proof=proof, written=None)
            output.document(document)
            output.print(_line(document))
            return
        made = convert_checkpoint(checkpoint, target, options=options, sink=output.sink)
        document = convert_document(
            made.plan, target=target, proof=made.proof, written=made.written
        )
        output.document(document)
        _tell(output, document, target, written=made.written is not None)


def _line(document: Mapping[str, object]) -> str:
    size = int(str(document["file_bytes"])) / 1024**2
    return (
        f"{document['architecture']}, {document['tensors']} tensors, {document['dtype']}, "
        f"{size:.1f} MiB"
    )


def _tell(output: Output, document: Mapping[str, object], target: Path, *, written: bool) -> None:
    from kdedge.core.errors import GateError

    proof = document["proof"]
    assert isinstance(proof, dict)
    if not written:
        raise GateError(
            f"{target} was not written: {proof['reason']}.",
            hint="The conversion does not compute what the checkpoint does; please report it.",
        )
    output.print(f"{target}: {_line(document)}")
    if proof["nmse"] is None:
        output.print("Not proven.")
    else:
        output.print(
            f"Proven: NMSE {proof['nmse']:.1e} over {proof['n_positions']} positions, top-1 "
            f"agreement {proof['top1_agreement']:.2%}, token parity {proof['token_parity']:.2%}"
        )


def _to_hf(
    gguf: Path, directory: Path | None, *, dtype: "Dtype", json_target: str | None, events: bool
) -> None:
    from kdedge.convert.to_hf import restore_checkpoint

    if directory is None:
        raise typer.BadParameter("name the folder to write after the file")
    with open_output(json_target, events=events) as output:
        restore_checkpoint(gguf, directory, dtype=dtype, sink=output.sink)
        output.document({"schema": "kdedge.convert/1", "path": str(directory), "to": "hf"})
        output.print(f"{directory}: a checkpoint of {gguf.name}")
