"""Values and calls in words: short, on one line, and safe to print, whatever they hold."""

from collections.abc import Iterable, Mapping, Set
from itertools import islice

_MAX_VALUE = 200
_MAX_CALL = 300
_MAX_ITEMS = 20
_MAX_DEPTH = 3


def one_line(text: str, *, most: int) -> str:
    """Return ``text`` on one line of at most about ``most`` characters, control codes escaped."""
    cut = text[:most]
    safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
    return safe if len(text) <= most else safe + " ..."


def shown(value: object) -> str:
    """Return a plain value as Python writes it, shortened; the cost is bounded too."""
    return one_line(_written(value, depth=_MAX_DEPTH), most=_MAX_VALUE)


def call_text(name: str, positional: Iterable[object], named: Mapping[str, object]) -> str:
    """Return a call as Python writes it, shortened."""
    parts = [_written(value, depth=_MAX_DEPTH) for value in positional]
    parts += [f"{key}={_written(value, depth=_MAX_DEPTH)}" for key, value in named.items()]
    return one_line(f"{name}({', '.join(parts)})", most=_MAX_CALL)


def _written(value: object, *, depth: int) -> str:
    if isinstance(value, (str, bytes)):
        return repr(value[:_MAX_VALUE]) + ("..." if len(value) > _MAX_VALUE else "")
    if isinstance(value, int) and value.bit_length() > 4 * _MAX_VALUE:
        return f"{value >> value.bit_length() - 64:#x}... ({value.bit_length()} bits)"
    if isinstance(value, (list, tuple, set, frozenset, dict)) and value:
        return _collection(value, depth) if depth else "..."
    return repr(value)


def _collection(
    value: "list[object] | tuple[object, ...] | Set[object] | dict[object, object]", depth: int
) -> str:
    items = [_written(item, depth=depth - 1) for item in islice(value, _MAX_ITEMS)]
    if isinstance(value, dict):
        values = islice(value.values(), _MAX_ITEMS)
        items = [
            f"{key}: {_written(item, depth=depth - 1)}"
            for key, item in zip(items, values, strict=False)
        ]
    inside = ", ".join(items) + (", ..." if len(value) > _MAX_ITEMS else "")
    match value:
        case list():
            return f"[{inside}]"
        case tuple():
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case frozenset():
            return f"frozenset({{{inside}}})"
        case _:
            return f"{{{inside}}}"
