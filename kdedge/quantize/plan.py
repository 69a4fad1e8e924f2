"""What quantising would make of a file, before a weight is read: types, bytes, fallbacks.

llama.cpp itself chooses the types (its dry run, in a child process); the bytes are counted here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header
from kdedge.models.quant_types import QUANT_TYPES_BY_NAME
from kdedge.quantize.imatrix_input import MAKE_IMATRIX, CheckedImatrix, some_names
from kdedge.quantize.overrides import Override, deciding_overrides
from kdedge.quantize.session import open_session
from kdedge.quantize.types import FileType, file_type_called, needs_imatrix
from kdedge.runtime.quantizer_client import PlannedType

_ALIGNMENT = 32
_OUTPUTS = ("output.weight", "token_embd.weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """What becomes of one tensor."""

    tensor: str
    from_type: str
    to_type: str
    n_bytes: int
    fallback: bool
    """Its rows do not fit the type it should get; ``to_type`` is what it gets instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationPlan:
    """What becomes of a file."""

    file_type: str
    rows: tuple[PlanRow, ...]
    file_bytes: int
    """Weights and the source's metadata; what is written of the lineage adds about a KiB."""
    bits_per_weight: float
    """Of the weights alone."""
    needing_imatrix: tuple[str, ...]
    """Tensors that llama.cpp refuses to make without activation statistics."""

    @property
    def n_fallback(self) -> int:
        """Return how many tensors fall back to another type."""
        return sum(row.fallback for row in self.rows)


def plan_quantization(
    source: Path,
    *,
    file_type: str,
    overrides: Sequence[Override] = (),
    imatrix: Path | None = None,
) -> QuantizationPlan:
    """Return what quantising ``source`` would give; writes nothing.

    Args:
        source: A GGUF file; one that is quantised already is planned for too.
        file_type: A mix, for example ``Q4_K_M``.
        overrides: Exceptions from the mix; the first that matches a tensor counts.
        imatrix: Activation statistics: with them some mixes choose other types.

    Raises:
        KdedgeError: The type, an override or the imatrix does not fit, or llama.cpp refuses.
    """
    chosen = file_type_called(file_type)
    with open_session(source, imatrix=imatrix) as session:
        planned = session.plan(chosen, overrides=overrides)
        return plan_of(planned, header=session.header, file_type=chosen, overrides=overrides)


def plan_of(
    planned: Sequence[PlannedType],
    *,
    header: Header,
    file_type: FileType,
    overrides: Sequence[Override] = (),
) -> QuantizationPlan:
    """Return llama.cpp's dry run with bytes, and with the fallbacks it does not speak of."""
    overridden = deciding_overrides(overrides, names=[each.name for each in planned])
    rows = tuple(
        PlanRow(
            tensor=each.name,
            from_type=each.from_type,
            to_type=each.to_type,
            n_bytes=_tensor_bytes(each),
            fallback=each.fallback
            or (each.name not in overridden and _falls_back_silently(each, file_type)),
        )
        for each in planned
    )
    weights = sum(math.prod(each.shape) for each in planned)
    return QuantizationPlan(
        file_type=file_type.name,
        rows=rows,
        file_bytes=header.data_offset + sum(_padded(row.n_bytes) for row in rows),
        bits_per_weight=8 * sum(row.n_bytes for row in rows) / weights,
        needing_imatrix=tuple(
            each.name
            for each in planned
            if each.to_type != each.from_type
            and needs_imatrix(each.name, quant_type=each.to_type, file_type=file_type)
        ),
    )


def check_needs(plan: QuantizationPlan, *, imatrix: CheckedImatrix | None) -> None:
    """Refuse types that are garbage without statistics, before any work.

    Raises:
        KdedgeError: A tensor would get such a type and there is nothing about it.
    """
    known = imatrix.names if imatrix is not None else frozenset()
    missing = [name for name in plan.needing_imatrix if name not in known]
    if missing and imatrix is None:
        raise KdedgeError(
            f"{plan.file_type} needs an imatrix for {some_names(missing)}.",
            hint=f"{MAKE_IMATRIX[:-1]} and give it with --imatrix.",
        )
    if missing:
        raise KdedgeError(
            f"The imatrix lacks {some_names(missing)}, and {plan.file_type} needs it.",
            hint="Make it again with more text, or choose a larger type.",
        )


def _falls_back_silently(tensor: PlannedType, file_type: FileType) -> bool:
    """Return whether an output matrix became Q8_0 because its rows do not fit the mix's type."""
    block = QUANT_TYPES_BY_NAME[file_type.base_type].block_elements
    return (
        tensor.name in _OUTPUTS
        and tensor.to_type == "Q8_0"
        and tensor.from_type != "Q8_0"
        and tensor.shape[0] % block != 0
    )


def _tensor_bytes(tensor: PlannedType) -> int:
    quant_type = QUANT_TYPES_BY_NAME[tensor.to_type]
    return math.prod(tensor.shape) // quant_type.block_elements * quant_type.block_bytes


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
