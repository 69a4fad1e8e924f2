"""What a choice adds to the document ``kdedge.quantize/1``, and its table for a terminal."""

from collections.abc import Mapping
from dataclasses import asdict

from kdedge.core.json_value import Json
from kdedge.quantize.calibration import Text
from kdedge.quantize.choice import Chosen, Limits, Tried
from kdedge.quantize.divergence_document import numbers_of
from kdedge.quantize.divergence_summary import Divergence

_MIB = 1024**2


def choice_block(
    choice: Chosen,
    *,
    limits: Limits,
    text: Text,
    divergences: Mapping[str, Divergence],
) -> dict[str, Json]:
    """Return the block ``choice``: limits, text, the name taken, and every candidate.

    Args:
        choice: The answer.
        limits: What it was chosen by.
        text: What divergences were measured on.
        divergences: By name of the candidate, of those that were run.
    """
    return {
        "limits": asdict(limits),
        "text": {"name": text.name, "sha256": text.sha256},
        "chosen": None if choice.chosen is None else choice.chosen.name,
        "tried": [_tried(each, divergences.get(each.name)) for each in choice.tried],
    }


def choice_rows(choice: Chosen) -> list[tuple[str, ...]]:
    """Return a table row for each candidate: name, MiB, KL, tokens/s, pass@1, outcome."""
    return [
        (
            each.name,
            f"{each.file_bytes / _MIB:.1f}",
            "" if each.mean_kl is None else f"{each.mean_kl:.4f}",
            "" if each.decode_tokens_per_s is None else f"{each.decode_tokens_per_s:.1f}",
            "" if each.pass_at_1 is None else f"{each.pass_at_1:.1%}",
            "taken" if each.lost is None else each.lost,
        )
        for each in choice.tried
    ]


def _tried(each: Tried, divergence: Divergence | None) -> dict[str, Json]:
    numbers = {} if divergence is None else numbers_of(divergence)
    return {**asdict(each), **numbers}
