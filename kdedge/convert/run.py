"""From a checkpoint to a proven GGUF file: plan, proof on an F32 copy, then the file itself.

The proof comes first because its result stands in the file's metadata: a file that carries one
was proven before it was written, and is never touched afterwards.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from kdedge.convert.errors import as_kdedge_errors
from kdedge.convert.progress import tensor_progress
from kdedge.convert.proof_folder import proof_folder
from kdedge.convert.proof_gate import Proof
from kdedge.core.events import Note, Sink
from kdedge_converters.conversion import (
    ConversionPlan,
    ConversionResult,
    Dtype,
    plan_conversion,
    write_conversion,
)
from kdedge_converters.gguf_values import KeyValue, float32, text

_NOT_ASKED = "not asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """What the user may choose."""

    dtype: Dtype = "auto"
    name: str | None = None
    """``general.name`` of the file."""
    verify: bool = True
    """Prove the conversion before the file is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What came out."""

    plan: ConversionPlan
    proof: Proof
    written: ConversionResult | None
    """``None`` if the proof was not met: then there is no file."""


def planned(directory: Path, options: ConvertOptions) -> ConversionPlan:
    """Return what would be written; reads no weight and writes nothing.

    Raises:
        KdedgeError: The checkpoint is broken, or cannot become the same model.
    """
    with as_kdedge_errors():
        return plan_conversion(directory, dtype=options.dtype, name=options.name)


def convert_checkpoint(
    directory: Path, target: Path, *, options: ConvertOptions, sink: Sink
) -> Converted:
    """Write the GGUF file of the checkpoint in ``directory``, once it is proven to be the same.

    Raises:
        KdedgeError: The checkpoint is broken or cannot be converted, the proof cannot be made, or
            the file cannot be written. Then there is no file.
    """
    plan = planned(directory, options)
    proof = Proof(status="skipped", reason=_NOT_ASKED)
    if options.verify:
        proof = _proven(plan, directory, beside=target, sink=sink)
        if proof.status == "not met":
            return Converted(plan=plan, proof=proof, written=None)
        plan = plan.with_entries(_entries(proof))
    written = _write(plan, target, phase="converting", sink=sink)
    return Converted(plan=plan, proof=proof, written=written)


def _proven(plan: ConversionPlan, directory: Path, *, beside: Path, sink: Sink) -> Proof:
    from kdedge.convert.proof import prove
    from kdedge.convert.proof_reference import require_reference

    require_reference()
    with proof_folder(beside) as folder:
        exact = folder / "proof.F32.gguf"
        _write(plan.as_f32(), exact, phase="preparing the proof", sink=sink)
        proof = prove(directory, exact, sink=sink)
    if proof.reason:
        sink(Note(text=f"Proof {proof.status}: {proof.reason}."))
    return proof


def _entries(proof: Proof) -> list[KeyValue]:
    """Return what the file says of its proof, the same on every machine.

    The last digits of a difference between two floating-point programs depend on the processor;
    so the bound it keeps is written, not the number.
    """
    entries = [text("kdedge.proof.status", proof.status)]
    if proof.nmse is not None:
        entries.append(float32("kdedge.proof.nmse_below", _next_power_of_ten(proof.nmse)))
    shares = {"top1_agreement": proof.top1_agreement, "token_parity": proof.token_parity}
    entries += [
        float32(f"kdedge.proof.{key}", math.floor(share * 1000) / 1000)
        for key, share in shares.items()
        if share is not None
    ]
    return entries


def _next_power_of_ten(number: float) -> float:
    return float(10.0 ** (math.floor(math.log10(max(number, 1e-15))) + 1))


def _write(plan: ConversionPlan, target: Path, *, phase: str, sink: Sink) -> ConversionResult:
    with as_kdedge_errors():
        return write_conversion(plan, target, progress=tensor_progress(phase, sink))
