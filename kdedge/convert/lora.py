"""A LoRA adapter of peft to GGUF, proven on the model it was trained on."""

from dataclasses import asdict, dataclass
from pathlib import Path

from kdedge.convert.errors import as_kdedge_errors
from kdedge.convert.progress import tensor_progress
from kdedge.convert.proof_folder import proof_folder
from kdedge.convert.proof_gate import Proof
from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Sink
from kdedge.core.json_value import Json
from kdedge_converters.conversion import (
    ConversionResult,
    Dtype,
    plan_conversion,
    write_conversion,
)
from kdedge_converters.lora import AdapterPlan, plan_adapter, write_adapter


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterOptions:
    """What the user may choose."""

    base_dir: Path
    """The model the adapter was trained on."""
    dtype: Dtype = "auto"
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedAdapter:
    """What came out."""

    source: Path
    target: Path
    plan: AdapterPlan
    proof: Proof
    written: ConversionResult | None
    """``None`` if the proof was not met: then there is no file."""

    def document(self) -> dict[str, Json]:
        """Return the result document ``kdedge.convert/1``."""
        written = self.written
        return {
            "schema": "kdedge.convert/1",
            "path": None if written is None else str(self.target),
            "sha256": None if written is None else written.sha256,
            "architecture": self.plan.architecture,
            "dtype": None if written is None else written.dtype,
            "n_params": self.plan.n_params,
            "file_bytes": None if written is None else written.file_bytes,
            "tensors": len(self.plan.tensors),
            "proof": asdict(self.proof),
            "source": {"path": str(self.source), "class": "LORA"},
        }


def convert_adapter(
    directory: Path, target: Path, *, options: AdapterOptions, sink: Sink
) -> ConvertedAdapter:
    """Write the adapter in ``directory`` as GGUF, once it is proven to change the same.

    Raises:
        KdedgeError: It is no plain LoRA adapter, does not belong to the base model, the proof
            cannot be made, or the file cannot be written. Then there is no file.
    """
    if not (options.base_dir / "config.json").is_file():
        raise KdedgeError(
            f"{options.base_dir} has no config.json.",
            hint="Name the folder of the model the adapter was trained on with --base.",
        )
    with as_kdedge_errors():
        plan = plan_adapter(directory, options.base_dir, dtype=options.dtype)
    proof = Proof(status="skipped", reason="not asked for")
    if options.verify:
        proof = _proven(directory, options.base_dir, beside=target, sink=sink)
    written = None
    if proof.status != "not met":
        written = _write(plan, target, sink)
    return ConvertedAdapter(
        source=directory, target=target, plan=plan, proof=proof, written=written
    )


def _proven(directory: Path, base_dir: Path, *, beside: Path, sink: Sink) -> Proof:
    from kdedge.convert.proof import AdapterPair, prove
    from kdedge.convert.proof_reference import require_reference

    if not any(base_dir.glob("*.safetensors")):
        reason = f"{base_dir} has no weights"
        sink(Note(text=f"Proof skipped: {reason}."))
        return Proof(status="skipped", reason=reason)
    require_reference(with_adapter=True)
    with proof_folder(beside) as folder:
        base, adapter = folder / "base.F32.gguf", folder / "adapter.F32.gguf"
        with as_kdedge_errors():
            whole = plan_conversion(base_dir, dtype="f32", name=None)
            write_conversion(whole, base, progress=tensor_progress("preparing the proof", sink))
        _write(plan_adapter(directory, base_dir, dtype="f32"), adapter, sink)
        pair = AdapterPair(directory=directory, gguf_path=adapter)
        return prove(base_dir, base, sink=sink, adapter=pair)


def _write(plan: AdapterPlan, target: Path, sink: Sink) -> ConversionResult:
    with as_kdedge_errors():
        return write_adapter(plan, target, progress=tensor_progress("converting", sink))
