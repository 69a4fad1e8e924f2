"""The metadata entries of a GGUF file, and their bytes."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gguf import GGUFValueType as Kind

Scalar: TypeAlias = str | bool | int | float

_CODES = {
    Kind.UINT8: "<B", Kind.INT8: "<b", Kind.UINT16: "<H", Kind.INT16: "<h",
    Kind.UINT32: "<I", Kind.INT32: "<i", Kind.FLOAT32: "<f", Kind.BOOL: "<?",
    Kind.UINT64: "<Q", Kind.INT64: "<q", Kind.FLOAT64: "<d",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyValue:
    """One entry; ``text``, ``uint32`` and their neighbours below make them shorter to write."""

    key: str
    value: Scalar | Sequence[Scalar]
    kind: Kind
    """``ARRAY`` for a list."""
    element_kind: Kind | None = None
    """Of a list's elements."""


def text(key: str, value: str) -> KeyValue:
    """Return an entry that holds a text."""
    return KeyValue(key=key, value=value, kind=Kind.STRING)


def boolean(key: str, value: bool) -> KeyValue:  # noqa: FBT001 - the value itself, not a switch
    """Return an entry that holds true or false."""
    return KeyValue(key=key, value=value, kind=Kind.BOOL)


def uint32(key: str, value: int) -> KeyValue:
    """Return an entry that holds a count or an id."""
    return KeyValue(key=key, value=value, kind=Kind.UINT32)


def float32(key: str, value: float) -> KeyValue:
    """Return an entry that holds a number in single precision."""
    return KeyValue(key=key, value=value, kind=Kind.FLOAT32)


def array(key: str, values: Sequence[Scalar], *, of: Kind) -> KeyValue:
    """Return an entry that holds a list; every element has the kind ``of``."""
    return KeyValue(key=key, value=values, kind=Kind.ARRAY, element_kind=of)


def encode(entry: KeyValue) -> bytes:
    """Return ``entry`` as it stands in the file.

    Raises:
        ValueError: The value is not of the kind the entry names, or does not fit it.
    """
    head = _sized(entry.key) + struct.pack("<I", entry.kind)
    if entry.kind is not Kind.ARRAY:
        return head + _scalar(entry, entry.value, entry.kind)
    kind, values = entry.element_kind, entry.value
    if kind is None or isinstance(values, (str, bool, int, float)):
        raise ValueError(f"{entry.key} is an array without a list or a kind for its elements")
    body = b"".join(_scalar(entry, value, kind) for value in values)
    return head + struct.pack("<IQ", kind, len(values)) + body


def _scalar(entry: KeyValue, value: object, kind: Kind) -> bytes:
    if kind is Kind.STRING and isinstance(value, str):
        return _sized(value)
    if isinstance(value, bool) is (kind is Kind.BOOL) and kind in _CODES:
        try:
            return struct.pack(_CODES[kind], value)
        except (struct.error, OverflowError) as error:
            raise ValueError(f"{entry.key}: {value!r} does not fit {kind.name}") from error
    raise ValueError(f"{entry.key}: {value!r} is no {kind.name}")


def _sized(value: str) -> bytes:
    raw = value.encode("utf-8")
    return struct.pack("<Q", len(raw)) + raw
