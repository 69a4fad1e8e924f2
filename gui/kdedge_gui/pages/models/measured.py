"""Predicted against measured memory, from a profile of the same file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdedge_gui.numbers import bytes_text, count_text, number_text, when_text
from kdedge_gui.translate import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One kind of memory."""

    title: str
    tip: str
    predicted: str
    measured: str
    difference: str
    """Of the prediction from the measurement, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a profile measured beside what was predicted for it."""

    sentence: str
    """When it was, and with which context."""
    rows: tuple[Compared, ...]


def measured_memory(document: Mapping[str, Any] | None) -> Measured | None:
    """Return the memory of a ``kdedge.profile/1`` document; ``None`` when it has none."""
    memory = (document or {}).get("memory")
    if document is None or not isinstance(memory, Mapping):
        return None
    predicted = memory.get("predicted") or {}
    kinds = (
        (
            tr("Its own memory"),
            tr("KV cache, compute and the program: cannot be dropped and read again"),
            predicted.get("anon_bytes"),
            memory.get("anon_bytes"),
        ),
        (
            tr("KV cache"),
            tr("Keys and values of the context"),
            predicted.get("kv_cache_bytes"),
            memory.get("kv_cache_bytes"),
        ),
        (
            tr("Weights in memory"),
            tr("Mapped from the file"),
            predicted.get("weights_bytes"),
            memory.get("weights_resident_bytes"),
        ),
    )
    rows = tuple(
        Compared(
            title=title,
            tip=tip,
            predicted=bytes_text(told),
            measured=bytes_text(found),
            difference=_difference(told, found),
        )
        for title, tip, told, found in kinds
        if isinstance(told, int) and isinstance(found, int)
    )
    if not rows:
        return None
    tokens = (document.get("settings") or {}).get("context_tokens")
    sentence = tr("Profiled {when} with a context of {tokens} tokens.").format(
        when=when_text(document.get("created_at")), tokens=count_text(tokens)
    )
    return Measured(sentence=sentence, rows=rows)


def _difference(predicted: int, measured: int) -> str:
    if not measured:
        return ""
    percent = round(100 * (predicted - measured) / measured, 1) + 0.0  # no minus before a zero
    sign = "+" if percent > 0 else ""
    return f"{sign}{number_text(percent, decimals=1)}\u202f%"
