"""Values taken out of documents that may lack them, or may be somebody else's and hostile.

A document can come from a file: no key is sure to be there, no value to have its type.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdedge.core.json_value import Json

NOT_MEASURED = "not measured"
_LONGEST_TEXT = 300
_LARGEST_NUMBER = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A measured number, or why there is none."""

    value: float | None
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end of the 95 % interval."""
    reason: str = ""
    """Why ``value`` is ``None``."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends of the interval, when the document has them."""
        if self.low is None or self.high is None:
            return None
        return self.low, self.high


UNKNOWN = Quantity(value=None, reason=NOT_MEASURED)


def at(document: Json, *keys: str) -> Json:
    """Return what lies under ``keys``, or ``None`` where the way ends early."""
    for key in keys:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key)
    return document


def mapping_at(document: Json, *keys: str) -> Mapping[str, Json]:
    """Return the object under ``keys``; an empty one when it is something else."""
    found = at(document, *keys)
    return found if isinstance(found, Mapping) else {}


def list_at(document: Json, *keys: str) -> Sequence[Json]:
    """Return the list under ``keys``; an empty one when it is something else."""
    found = at(document, *keys)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def as_number(value: Json) -> float | None:
    """Return ``value`` as a finite number, or ``None``; ``True`` is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not abs(value) < _LARGEST_NUMBER or not math.isfinite(value):
        return None
    return float(value)


def number_at(document: Json, *keys: str) -> float | None:
    """Return the finite number under ``keys``, or ``None``."""
    return as_number(at(document, *keys))


def count_at(document: Json, *keys: str) -> int | None:
    """Return the whole number under ``keys``, or ``None``."""
    found = number_at(document, *keys)
    return None if found is None else int(found)


def quantity_at(document: Json, *keys: str) -> Quantity:
    """Return the number under ``keys`` with its interval, or the reason it is missing.

    The number may stand alone or in an object, as ``median`` or ``value`` beside ``ci95``.
    """
    found = at(document, *keys)
    if not isinstance(found, Mapping):
        value = as_number(found)
        return Quantity(value=value, reason="" if value is not None else why(document, *keys))
    value = next(
        (
            number
            for key in ("median", "value")
            if (number := as_number(found.get(key))) is not None
        ),
        None,
    )
    if value is None:
        return Quantity(value=None, reason=text_at(found, "reason") or why(document, *keys))
    ends = [as_number(end) for end in list_at(found, "ci95")]
    low, high = ends if len(ends) == 2 else (None, None)
    return Quantity(value=value, low=low, high=high)


def why(document: Json, *keys: str) -> str:
    """Return the reason a document gives for not having a value under ``keys``."""
    parent = mapping_at(document, *keys[:-1])
    stem = keys[-1].removesuffix("_bytes")
    for name in (keys[-1], stem, stem.partition("_")[0]):
        if said := text_at(parent, f"{name}_reason"):
            return said
    return text_at(parent, "reason") or NOT_MEASURED


def text_at(document: Json, *keys: str) -> str:
    """Return the text under ``keys`` as one clean line; empty when there is none."""
    return clean(at(document, *keys))


def texts_at(document: Json, *keys: str) -> tuple[str, ...]:
    """Return the texts in the list under ``keys``, or the one text there, clean."""
    found = at(document, *keys)
    if isinstance(found, str):
        return (clean(found),) if found else ()
    return tuple(line for each in list_at(document, *keys) if (line := clean(each)))


def clean(value: Json, *, longest: int = _LONGEST_TEXT) -> str:
    """Return ``value`` as one line without control characters, cut at ``longest`` characters.

    Model names and what programs print are hostile: escape sequences for terminals, characters
    that no XML may hold, marks that turn the writing direction.
    """
    if value is None or isinstance(value, Mapping):
        return ""
    raw = value if isinstance(value, str) else str(value)
    line = " ".join(raw[: 4 * longest].split())
    kept = "".join("\N{REPLACEMENT CHARACTER}" if _is_unsafe(mark) else mark for mark in line)
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def _is_unsafe(mark: str) -> bool:
    return mark < " " or (
        mark > "~" and unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
