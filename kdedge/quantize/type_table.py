"""Every type with what it really makes of a model, and which names buy nothing.

A name buys nothing when a better one is no larger: narrow models, whose rows do not fit the
K types, are full of such names. One that CPUs run faster than its neighbours buys speed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.quantize.plan import QuantizationPlan, plan_of
from kdedge.quantize.session import Session, open_session
from kdedge.quantize.types import QUANT_FILE_TYPES, FileType


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """What one type makes of a model."""

    file_type: str
    file_bytes: int
    bits_per_weight: float
    n_fallback: int
    needs_imatrix: bool
    """llama.cpp refuses to make it without activation statistics."""
    hidden: str | None = None
    """Why the name buys nothing; ``None`` for one worth considering."""


def plan_table(source: Path, *, imatrix: Path | None = None) -> tuple[TypeRow, ...]:
    """Return every type that llama.cpp can make of ``source``, the most exact first.

    Args:
        source: A GGUF file.
        imatrix: Activation statistics, if there will be some.

    Raises:
        KdedgeError: The source cannot be quantised, or the imatrix is not one of this model.
    """
    with open_session(source, imatrix=imatrix) as session:
        plans = [_plan(session, each) for each in QUANT_FILE_TYPES.values()]
        source_type, source_bytes = session.header.file_type, session.header.file_bytes
    made = [plan for plan in plans if plan is not None]
    return judged(
        made, source_type=source_type, source_bytes=source_bytes, weighted=imatrix is not None
    )


def judged(
    plans: Sequence[QuantizationPlan], *, source_type: str, source_bytes: int, weighted: bool
) -> tuple[TypeRow, ...]:
    """Return the table of ``plans``, which come the most exact first.

    Args:
        plans: One for each type.
        source_type: What the source is: nothing made from it is better.
        source_bytes: Its size.
        weighted: There are activation statistics, so that every type can be made.
    """
    rows: list[TypeRow] = []
    for plan in plans:
        row = TypeRow(
            file_type=plan.file_type,
            file_bytes=plan.file_bytes,
            bits_per_weight=plan.bits_per_weight,
            n_fallback=plan.n_fallback,
            needs_imatrix=bool(plan.needing_imatrix),
        )
        makeable = weighted or row.needs_imatrix  # then so are the others that need one
        usable = [each for each in rows if makeable or not each.needs_imatrix]
        hidden = _hidden(row, better=usable, source_type=source_type, source_bytes=source_bytes)
        rows.append(replace(row, hidden=hidden))
    return tuple(rows)


def _hidden(
    row: TypeRow, *, better: Sequence[TypeRow], source_type: str, source_bytes: int
) -> str | None:
    known = QUANT_FILE_TYPES[row.file_type]
    if known.for_trained:
        return "only for models trained to be stored so"
    if row.file_type == source_type:
        return "what the source is already"
    if row.file_bytes >= source_bytes:
        return f"no smaller than the source ({source_type})"
    rival = next((each for each in better if each.file_bytes <= row.file_bytes), None)
    return None if rival is None or known.fastest else f"no smaller than {rival.file_type}"


def _plan(session: Session, file_type: FileType) -> QuantizationPlan | None:
    """Return the plan, or nothing where llama.cpp cannot make the type of this model."""
    try:
        planned = session.plan(file_type)
    except KdedgeError:
        return None
    return plan_of(planned, header=session.header, file_type=file_type)
