"""Whether two stored tensors hold the same numbers, without having both in memory."""

from typing import BinaryIO

from kdedge_converters.json_file import raise_unreadable
from kdedge_converters.safetensors_file import StoredTensor

_CHUNK_BYTES = 1024**2


def same_numbers(one: StoredTensor, other: StoredTensor) -> bool:
    """Return whether ``one`` and ``other`` have the same shape, type and bytes.

    Raises:
        ConversionError: A file cannot be read.
    """
    if (one.shape, one.dtype, one.n_bytes) != (other.shape, other.dtype, other.n_bytes):
        return False
    try:
        with one.file.open("rb") as first, other.file.open("rb") as second:
            first.seek(one.offset)
            second.seek(other.offset)
            return _same_bytes(first, second, one.n_bytes)
    except OSError as error:
        raise_unreadable(one.file, error)


def _same_bytes(first: BinaryIO, second: BinaryIO, n_bytes: int) -> bool:
    left = n_bytes
    while left > 0:
        chunk = first.read(min(left, _CHUNK_BYTES))
        if not chunk or chunk != second.read(len(chunk)):
            return False
        left -= len(chunk)
    return True
