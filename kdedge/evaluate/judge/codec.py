"""Plain data as JSON, with the types JSON lacks; nothing else gets through.

A value of another type is refused, so an object that is equal to everything is never compared.
Subclasses of plain types become the plain type itself.
"""

import json
from typing import Any

MAX_DEPTH = 100
_EXACT_INT = 2**53
_MAX_DIGITS = 100_000
_COLLECTIONS: dict[str, Any] = {"l": list, "t": tuple, "s": set, "z": frozenset}


class NotPlainDataError(ValueError):
    """The value is of a type that tests cannot trust, or is nested too deep."""


def encode(value: object) -> bytes:
    """Return ``value`` as bytes.

    Raises:
        NotPlainDataError: It holds something other than plain data.
    """
    return json.dumps(_pack(value, MAX_DEPTH), ensure_ascii=True, allow_nan=False).encode()


def decode(raw: bytes) -> Any:  # noqa: ANN401 - whatever was encoded
    """Return the value behind ``raw``, which may come from anybody.

    Raises:
        NotPlainDataError: These are not bytes that ``encode`` makes.
    """
    try:
        return _unpack(json.loads(raw), MAX_DEPTH)
    except (ValueError, TypeError, IndexError, RecursionError, OverflowError) as error:
        raise NotPlainDataError(f"broken data: {error}") from error


def _pack(value: Any, depth: int) -> object:  # noqa: ANN401, C901, PLR0911 - one line a type
    if depth == 0:
        raise NotPlainDataError("data nested too deep")
    below = depth - 1
    if value is None or value is True or value is False:
        return value
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return _pack(value.item(), below)
    if isinstance(value, int):
        return _pack_int(int.__pos__(value))
    if isinstance(value, float):
        number = float.__pos__(value)
        return number if number - number == 0 else ["f", repr(number)]
    if isinstance(value, complex):
        return ["c", repr(value.real), repr(value.imag)]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        return ["b", bytes(value).hex()]
    for tag, kind in _COLLECTIONS.items():
        if isinstance(value, kind):
            # The plain type's own iterator: a subclass may lie about what it holds.
            return [tag, *(_pack(item, below) for item in kind.__iter__(value))]
    if isinstance(value, dict):
        pairs = dict.items(value)
        return ["d", *(_pack(part, below) for pair in pairs for part in pair)]
    raise NotPlainDataError(f"a {type(value).__name__} is not plain data")


def _pack_int(number: int) -> object:
    if -_EXACT_INT < number < _EXACT_INT:
        return number
    digits = hex(number)
    if len(digits) > _MAX_DIGITS:
        raise NotPlainDataError("a number with too many digits")
    return ["i", digits]


def _unpack(raw: Any, depth: int) -> Any:  # noqa: ANN401, C901, PLR0911 - one line a type
    if depth < 0:
        raise NotPlainDataError("data nested too deep")
    if not isinstance(raw, list):
        if isinstance(raw, dict):
            raise NotPlainDataError("an object without a tag")
        return raw
    tag, parts = raw[0], raw[1:]
    if tag == "i":
        return int(parts[0], 16)
    if tag == "f":
        return float(parts[0])
    if tag == "c":
        return complex(float(parts[0]), float(parts[1]))
    if tag == "b":
        return bytes.fromhex(parts[0])
    if tag == "d":
        return _unpack_dict(parts, depth)
    if tag not in _COLLECTIONS:
        raise NotPlainDataError(f"an unknown tag {tag!r}")
    items = [_unpack(part, depth - 1) for part in parts]
    if tag in "sz":
        items = _one_by_one(items)
    return _COLLECTIONS[tag](items)


def _unpack_dict(parts: list[Any], depth: int) -> dict[Any, Any]:
    if len(parts) % 2:
        raise NotPlainDataError("a key without a value")
    found = {}
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        found[_unpack(key, depth - 1)] = _unpack(value, depth - 1)
    return found


def _one_by_one(items: list[Any]) -> Any:  # noqa: ANN401 - a set of what there was
    # Items with one and the same hash make this quadratic: a loop can be stopped, a set() not.
    found = set()
    for item in items:
        found.add(item)
    return found
