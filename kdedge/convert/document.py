"""The result document of a conversion: ``kdedge.convert/1``."""

from dataclasses import asdict
from pathlib import Path

from kdedge.convert.proof_gate import Proof
from kdedge.core.json_value import Json
from kdedge_converters.conversion import ConversionPlan, ConversionResult


def convert_document(
    plan: ConversionPlan, *, target: Path | None, proof: Proof, written: ConversionResult | None
) -> dict[str, Json]:
    """Return the document; what a plan does not know yet is ``None``.

    Args:
        plan: What was or would be written.
        target: Where; ``None`` for a plan alone.
        proof: Its result.
        written: The file, if there is one.
    """
    layout = plan.layout()
    return {
        "schema": "kdedge.convert/1",
        "path": None if target is None or written is None else str(target),
        "sha256": None if written is None else written.sha256,
        "architecture": plan.architecture,
        "dtype": plan.main_type.name,
        "n_params": plan.n_params,
        "file_bytes": layout.file_bytes,
        "tensors": len(plan.tensors),
        "proof": asdict(proof),
        "source": {"path": str(plan.checkpoint.directory), "class": plan.class_name},
    }
