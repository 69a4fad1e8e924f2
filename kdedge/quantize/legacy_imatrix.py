"""The imatrix format that llama.cpp wrote before GGUF: counts and lengths, then raw float32.

Pure parsing: bytes in, values out. A value is a mean square times the number of calls.
"""

import struct
from array import array
from dataclasses import dataclass
from sys import byteorder

_MOST_ENTRIES = 262_144
_MOST_NAME_BYTES = 1024
_INT = struct.Struct("<i")
_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyImatrix:
    """What such a file holds."""

    entries: dict[str, tuple[int, "array[float]"]]
    """GGUF name of the weight -> calls, and mean squares times calls."""
    n_chunks: int
    """0 when the file does not say it."""
    dataset: str


def read_legacy_imatrix(data: bytes) -> LegacyImatrix:
    """Return what ``data`` holds.

    Raises:
        ValueError: A count or a length cannot be, or the data ends too early.
    """
    reader = _Reader(data)
    n_entries = reader.count("number of weights", most=_MOST_ENTRIES)
    entries = {}
    for _ in range(n_entries):
        name = reader.text()
        n_calls = reader.integer()
        if n_calls < 1:
            raise ValueError(f"{name!r} claims {n_calls} calls")
        n_values = reader.count("number of values", most=len(data))
        entries[name] = (n_calls, reader.floats(n_values))
    if reader.ended:
        return LegacyImatrix(entries=entries, n_chunks=0, dataset="")
    n_chunks = max(reader.integer(), 0)
    dataset = "" if reader.ended else reader.text(empty=True)
    return LegacyImatrix(entries=entries, n_chunks=n_chunks, dataset=dataset)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._data)

    def integer(self) -> int:
        number: int = _INT.unpack(self._take(_INT.size))[0]
        return number

    def count(self, what: str, *, most: int) -> int:
        number = self.integer()
        if not 0 < number <= most:
            raise ValueError(f"its {what} is {number}")
        return number

    def text(self, *, empty: bool = False) -> str:
        length = self.integer()
        if not (0 if empty else 1) <= length <= _MOST_NAME_BYTES:
            raise ValueError(f"a name has {length} bytes")
        return self._take(length).decode("utf-8", "replace")

    def floats(self, n: int) -> "array[float]":
        values = array("f")
        values.frombytes(self._take(n * _FLOAT_BYTES))
        if byteorder == "big":
            values.byteswap()
        return values

    def _take(self, n: int) -> bytes:
        taken = self._data[self._at : self._at + n]
        if len(taken) < n:
            raise ValueError("it ends too early")
        self._at += n
        return taken
