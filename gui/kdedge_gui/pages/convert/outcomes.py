"""What the documents of convert, quantize and divergence say, as rows and sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, Tone
from kdedge_gui.numbers import (
    NOT_MEASURED,
    bytes_text,
    count_text,
    interval_text,
    number_text,
    percent_text,
    rate_text,
    significant_text,
)
from kdedge_gui.translate import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """What one type makes of a master."""

    file_type: str
    file_bytes: int
    bits_per_weight: float
    n_fallback: int
    needs_imatrix: bool
    hidden: str
    """Why the name buys nothing; empty for one worth considering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A model that was made, or tried while choosing."""

    name: str
    path: Path | None
    """``None``: tried, and not kept."""
    file_bytes: int | None
    bits_per_weight: float | None = None
    mean_kl: float | None = None
    mean_kl_ci95: tuple[float, float] | None = None
    top1_agreement: float | None = None
    decode_tokens_per_s: float | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofWords:
    """How a proof came out."""

    kind: str
    """``good``, ``bad`` or ``warning``."""
    verdict: str
    text: str


def type_rows(document: Mapping[str, Any]) -> tuple[TypeRow, ...]:
    """Return the types of ``kdedge quantize --plan``, the most exact first."""
    return tuple(
        TypeRow(
            file_type=str(each["file_type"]),
            file_bytes=int(each["file_bytes"]),
            bits_per_weight=float(each["bits_per_weight"]),
            n_fallback=int(each["fallbacks"]),
            needs_imatrix=bool(each["needs_imatrix"]),
            hidden=str(each["hidden"] or ""),
        )
        for each in document["types"]
    )


def checkpoint_text(document: Mapping[str, Any]) -> str:
    """Return what a folder is and what it would become."""
    words = tr("{architecture}, {params} parameters in {tensors} tensors, as {dtype}: {size}")
    return words.format(
        architecture=document["architecture"],
        params=count_text(document["n_params"]),
        tensors=count_text(document["tensors"]),
        dtype=document["dtype"],
        size=bytes_text(document["file_bytes"]),
    )


def proof_words(document: Mapping[str, Any]) -> ProofWords:
    """Return how the proof in a document of ``kdedge convert`` came out."""
    proof = document["proof"]
    kinds = {"met": "good", "not met": "bad"}
    verdicts = {"met": tr("Proof met"), "not met": tr("Proof not met")}
    parts = []
    if proof.get("nmse") is not None:
        parts.append(
            tr("NMSE {nmse} (at most {limit}) over {n} positions").format(
                nmse=_power_text(proof["nmse"]),
                limit=_power_text(proof["gate_nmse"]),
                n=count_text(proof["n_positions"]),
            )
        )
    for key, words in (
        ("top1_agreement", tr("same best token at {share}")),
        ("token_parity", tr("same token ids in {share} of the texts")),
    ):
        if proof.get(key) is not None:
            parts.append(words.format(share=percent_text(proof[key], decimals=2)))
    parts += [str(proof["reason"])] if proof.get("reason") else []
    status = str(proof["status"])
    return ProofWords(
        kind=kinds.get(status, "warning"),
        verdict=verdicts.get(status, tr("Not proven")),
        text="; ".join(parts),
    )


def made_of(document: Mapping[str, Any]) -> tuple[Made, ...]:
    """Return what a document of ``kdedge quantize`` tells was made, or tried."""
    choice = document.get("choice")
    if choice is None:
        return (
            Made(
                name=str(document["file_type"]),
                path=Path(document["path"]),
                file_bytes=document["file_bytes"],
                bits_per_weight=document["bits_per_weight"],
            ),
        )
    return tuple(_tried(each, document) for each in choice["tried"])


def with_divergences(made: Sequence[Made], document: Mapping[str, Any]) -> tuple[Made, ...]:
    """Return ``made`` with what ``kdedge divergence`` measured."""
    found = {str(each["model"]["path"]): each for each in document["divergences"]}
    return tuple(
        replace(each, **_measured(found[str(each.path)])) if str(each.path) in found else each
        for each in made
    )


def result_columns(made: Sequence[Made]) -> tuple[TextColumn, ...]:
    """Return the columns of the table of results; those that would say nothing are left out."""
    return tuple(column for column, says in zip(_columns(), _says(made), strict=True) if says)


def result_rows(made: Sequence[Made]) -> list[TextRow]:
    """Return the rows of the table of results, the largest file first."""
    ordered = sorted(made, key=lambda each: -(each.file_bytes or 0))
    says = _says(made)
    return [
        TextRow(
            key=each.name,
            cells=tuple(
                cell for cell, is_there in zip(_cells(each), says, strict=True) if is_there
            ),
            haystack=each.name.lower(),
        )
        for each in ordered
    ]


def _says(made: Sequence[Made]) -> tuple[bool, ...]:
    has_kl = any(each.mean_kl is not None for each in made)
    has_speed = any(each.decode_tokens_per_s is not None for each in made)
    has_remark = any(each.remark for each in made)
    return (True, True, True, has_kl, has_kl, has_kl, has_speed, has_remark)


def _columns() -> tuple[TextColumn, ...]:
    return (
        TextColumn(title=tr("Type")),
        TextColumn(title=tr("Size"), is_number=True),
        TextColumn(title=tr("Bits a weight"), is_number=True),
        TextColumn(
            title=tr("Mean KL"),
            is_number=True,
            tip=tr("From the master, in nats a token: 0 predicts the same"),
        ),
        TextColumn(title=tr("95 % interval"), is_number=True),
        TextColumn(title=tr("Top-1"), is_number=True, tip=tr("Same best token as the master")),
        TextColumn(title=tr("Decode"), is_number=True),
        TextColumn(title=tr("Outcome")),
    )


def _cells(each: Made) -> tuple[Cell, ...]:
    interval = each.mean_kl_ci95 or (None, None)
    bits = each.bits_per_weight
    tone = Tone.PLAIN if each.path is not None else Tone.MUTED
    good = Tone.MUTED if each.path is None else Tone.GOOD
    return (
        Cell(each.name, each.name, tip=str(each.path or ""), tone=tone),
        Cell(bytes_text(each.file_bytes), each.file_bytes, tone=tone),
        Cell(NOT_MEASURED if bits is None else number_text(bits, decimals=2), bits, tone=tone),
        Cell(_kl_text(each.mean_kl), each.mean_kl, tone=tone),
        Cell(interval_text(*interval, shown=_kl_text), interval[0], tone=Tone.MUTED),
        Cell(percent_text(each.top1_agreement), each.top1_agreement, tone=tone),
        Cell(rate_text(each.decode_tokens_per_s), each.decode_tokens_per_s, tone=tone),
        Cell(each.remark, each.remark, tip=each.remark, tone=good),
    )


def _tried(each: Mapping[str, Any], document: Mapping[str, Any]) -> Made:
    is_chosen = document["path"] is not None and each["name"] == document["choice"]["chosen"]
    return Made(
        name=str(each["name"]),
        path=Path(document["path"]) if is_chosen else None,
        file_bytes=each.get("file_bytes"),
        bits_per_weight=document.get("bits_per_weight") if is_chosen else None,
        decode_tokens_per_s=each.get("decode_tokens_per_s"),
        remark=tr("chosen") if is_chosen else str(each.get("lost") or ""),
        **_measured(each),
    )


def _measured(numbers: Mapping[str, Any]) -> dict[str, Any]:
    interval = numbers.get("mean_kl_ci95")
    return {
        "mean_kl": numbers.get("mean_kl"),
        "mean_kl_ci95": None if interval is None else (interval[0], interval[1]),
        "top1_agreement": numbers.get("top1_agreement"),
    }


def _kl_text(value: float | None) -> str:
    return NOT_MEASURED if value is None else number_text(value, decimals=4)


def _power_text(value: float) -> str:
    return significant_text(value) if value == 0 or value >= 0.001 else f"{value:.1e}"
