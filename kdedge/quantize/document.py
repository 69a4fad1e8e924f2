"""What ``kdedge quantize`` hands out: the document ``kdedge.quantize/1``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.json_value import Json
from kdedge.core.software import software_versions
from kdedge.quantize.calibration import Text
from kdedge.quantize.choice import Chosen, Limits
from kdedge.quantize.overrides import Override
from kdedge.quantize.plan import QuantizationPlan
from kdedge.quantize.quantize import Quantized
from kdedge.quantize.type_table import TypeRow

if TYPE_CHECKING:
    from kdedge.quantize.divergence_summary import Divergence

SCHEMA = "kdedge.quantize/1"
_NOT_MEASURED = "not measured; --text, --max-kl or `kdedge divergence` do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How the file came to be chosen."""

    limits: Limits
    outcome: Chosen
    divergences: "Mapping[str, Divergence]"
    """Name of a candidate to what was measured of it."""
    text: Text
    """What divergence was measured on."""


def types_document(rows: Sequence[TypeRow], *, source: Path) -> dict[str, Json]:
    """Return the document of ``--plan`` without a type."""
    return {
        "schema": SCHEMA,
        "path": None,
        "source": {"path": str(source)},
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
        "software": software_versions(),
    }


def plan_document(
    plan: QuantizationPlan, *, source: Path, overrides: Sequence[Override]
) -> dict[str, Json]:
    """Return the document of ``--plan`` with a type: nothing was written."""
    return {
        "schema": SCHEMA,
        "path": None,
        "source": {"path": str(source)},
        **_body(plan, overrides),
        "divergence": None,
        "divergence_reason": "nothing was written",
        "software": software_versions(),
    }


def quantized_document(
    made: Quantized,
    *,
    source: Path,
    overrides: Sequence[Override],
    divergence: "Divergence | None" = None,
    choice: Choice | None = None,
) -> dict[str, Json]:
    """Return the document of a file that was made.

    Args:
        made: The file.
        source: What it was made from.
        overrides: Exceptions from the mix.
        divergence: How far it is from its source, if that was measured.
        choice: How it came to be chosen, if it was.
    """
    imatrix = made.imatrix
    return {
        "schema": SCHEMA,
        "path": str(made.path),
        "source": {"path": str(source), "sha256": made.source_sha256},
        **_body(made.plan, overrides),
        "file_bytes": made.file_bytes,
        "bits_per_weight": made.bits_per_weight,
        "imatrix": None
        if imatrix is None
        else {
            "file": imatrix.file_name,
            "sha256": imatrix.sha256,
            "dataset": imatrix.dataset or None,
            "n_chunks": imatrix.n_chunks or None,
        },
        "divergence": None if divergence is None else _numbers(divergence),
        **({} if divergence is not None else {"divergence_reason": _NOT_MEASURED}),
        **({} if choice is None else {"choice": _choice(choice)}),
        "software": software_versions(),
    }


def refused_document(choice: Choice, *, source: Path) -> dict[str, Json]:
    """Return the document of a choice that no candidate met: nothing was written."""
    return {
        "schema": SCHEMA,
        "path": None,
        "source": {"path": str(source)},
        "divergence": None,
        "divergence_reason": "no candidate meets the limits",
        "choice": _choice(choice),
        "software": software_versions(),
    }


def _body(plan: QuantizationPlan, overrides: Sequence[Override]) -> dict[str, Json]:
    return {
        "file_type": plan.file_type,
        "file_bytes": plan.file_bytes,
        "bits_per_weight": plan.bits_per_weight,
        "overrides": [f"{each.pattern}={each.quant_type}" for each in overrides],
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
    }


def _choice(choice: Choice) -> dict[str, Json]:
    limits, outcome = choice.limits, choice.outcome
    return {
        "chosen": None if outcome.chosen is None else outcome.chosen.name,
        "limits": {
            "max_bytes": limits.max_bytes,
            "max_kl": limits.max_kl,
            "min_decode_tokens_per_s": limits.min_decode_tokens_per_s,
            "max_pass_drop": limits.max_pass_drop,
        },
        "text": {"name": choice.text.name, "sha256": choice.text.sha256},
        "tried": [
            {
                "name": each.name,
                "file_bytes": each.file_bytes,
                "decode_tokens_per_s": each.decode_tokens_per_s,
                **_measured(choice.divergences.get(each.name)),
                "pass_at_1": each.pass_at_1,
                "lost": each.lost,
            }
            for each in outcome.tried
        ],
    }


def _measured(found: "Divergence | None") -> dict[str, Json]:
    return {"mean_kl": None} if found is None else _numbers(found)


def _numbers(found: "Divergence") -> dict[str, Json]:
    # Only now: it brings numpy, which a file that is made without measuring does without.
    from kdedge.quantize.divergence_document import numbers_of

    return numbers_of(found)
