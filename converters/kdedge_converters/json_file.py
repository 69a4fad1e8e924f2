"""JSON that comes with a checkpoint, read within bounds: it may be anything at all."""

import json
import math
import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from kdedge_converters.errors import ConversionError

MAX_BYTES = 16 * 1024**2
"""Of a file, unless its reader says otherwise."""
MAX_NESTED = 400_000
"""Lists and objects in one file: each takes far more memory than its text."""
_AGAIN = "Fetch or save the checkpoint again."


def read_json_object(path: Path, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return the JSON object that the file at ``path`` holds.

    Raises:
        ConversionError: It is missing, unreadable, too large, or not one JSON object in UTF-8.
    """
    return parse_json_object(read_bounded(path, max_bytes=max_bytes), what=str(path))


def read_bounded(path: Path, *, max_bytes: int) -> bytes:
    """Return the bytes of the file at ``path``.

    Raises:
        ConversionError: It is missing, no regular file, unreadable or larger than ``max_bytes``.
    """
    check_regular_file(path)
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as error:
        raise_unreadable(path, error)
    if len(raw) > max_bytes:
        raise ConversionError(
            f"{path} is larger than {max_bytes // 1024**2} MiB, more than any model needs.",
            hint="Check that it is the file it claims to be.",
        )
    return raw


def check_regular_file(path: Path) -> None:
    """Refuse what is not a file with bytes in it: opening a pipe would wait for ever.

    Raises:
        ConversionError: There is nothing at ``path``, or it is a folder, a pipe or a device.
    """
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError) as error:
        raise_unreadable(path, error)
    if not is_file:
        raise ConversionError(f"{path} is not a regular file.", hint=_AGAIN)


def raise_unreadable(path: Path, error: OSError | ValueError) -> NoReturn:
    """Say in a sentence why the file at ``path`` cannot be read.

    Raises:
        ConversionError: Always.
    """
    if isinstance(error, FileNotFoundError):
        raise ConversionError(f"There is no file {path}.", hint=_AGAIN) from error
    cause = (error.strerror if isinstance(error, OSError) else None) or error
    raise ConversionError(
        f"{path} cannot be read: {cause}.", hint="Check its permissions."
    ) from error


def parse_json_object(raw: bytes, *, what: str) -> dict[str, Any]:
    """Return the JSON object in ``raw``; ``what`` names it in messages.

    Raises:
        ConversionError: It is not one JSON object in UTF-8, a key stands in an object twice, it
            holds a number that is not finite, or is nested too deep or too often.
    """
    if raw.count(b"{") + raw.count(b"[") > MAX_NESTED:
        raise ConversionError(f"{what} has more lists and objects than any model.", hint=_AGAIN)
    try:
        found = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_finite,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        cause = "nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        raise ConversionError(f"{what} is not valid JSON: {cause}.", hint=_AGAIN) from error
    if not isinstance(found, dict):
        raise ConversionError(f"{what} holds no JSON object.", hint=_AGAIN)
    return found


def _without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:80]!r} is there twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:20]} is not finite")
    return number
