"""The header of a safetensors file: which tensors lie where, with no weight read.

Every size and offset is checked against the file before anything uses it. The tensors must fill
the data section without a gap or an overlap, as the format demands.
"""

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from kdedge_converters.errors import ConversionError
from kdedge_converters.json_file import check_regular_file, parse_json_object, raise_unreadable

MAX_HEADER_BYTES = 16 * 1024**2
MAX_TENSORS = 100_000
MAX_NAME_LENGTH = 512
MAX_DIMENSIONS = 8
_LENGTH_BYTES = 8
_BITS = {
    "F32": 32, "F16": 16, "BF16": 16, "F64": 64,
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """One tensor of a checkpoint and where its bytes are."""

    name: str
    dtype: str
    """As safetensors writes it: ``F32``, ``F16``, ``BF16`` and others."""
    shape: tuple[int, ...]
    file: Path
    offset: int
    """Of its first byte in the file."""
    n_bytes: int


def read_safetensors_header(path: Path) -> dict[str, StoredTensor]:
    """Return the tensors in the safetensors file at ``path``, by name.

    Raises:
        ConversionError: It is missing, unreadable, cut short, or no safetensors file.
    """
    check_regular_file(path)
    try:
        with path.open("rb") as file:
            file_bytes = os.fstat(file.fileno()).st_size
            header_bytes = _header_bytes(path, file.read(_LENGTH_BYTES), file_bytes)
            raw = file.read(header_bytes)
    except OSError as error:
        raise_unreadable(path, error)
    if len(raw) != header_bytes or not raw.startswith(b"{"):
        _refuse(path, "its header is no JSON object")
    entries = parse_json_object(raw, what=f"The header of {path}")
    entries.pop("__metadata__", None)
    if len(entries) > MAX_TENSORS:
        _refuse(path, f"it claims {len(entries)} tensors")
    start = _LENGTH_BYTES + header_bytes
    tensors = {name: _tensor(path, name, entry, start) for name, entry in entries.items()}
    _check_layout(path, tensors, start=start, file_bytes=file_bytes)
    return tensors


def _header_bytes(path: Path, raw: bytes, file_bytes: int) -> int:
    if len(raw) < _LENGTH_BYTES:
        _refuse(path, f"it has only {file_bytes} bytes")
    (header_bytes,) = struct.unpack("<Q", raw)
    if not 2 <= header_bytes <= min(MAX_HEADER_BYTES, file_bytes - _LENGTH_BYTES):
        _refuse(path, f"it claims a header of {header_bytes} bytes in {file_bytes}")
    return int(header_bytes)


def _tensor(path: Path, name: str, entry: object, start: int) -> StoredTensor:
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        _refuse(path, f"it has a tensor of the impossible name {name[:80]!r}")
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        _refuse(path, f"the entry of {name!r} is malformed")
    dtype, shape = entry["dtype"], _counts(entry["shape"])
    if not isinstance(dtype, str) or dtype not in _BITS:
        _refuse(path, f"the tensor {name!r} has the unknown type {str(dtype)[:40]!r}")
    if shape is None or len(shape) > MAX_DIMENSIONS:
        _refuse(path, f"the tensor {name!r} has the impossible shape {_short(entry['shape'])}")
    offsets = _counts(entry["data_offsets"])
    if offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        _refuse(path, f"the tensor {name!r} lies at {_short(entry['data_offsets'])}")
    begin, end = offsets
    if (end - begin) * 8 != math.prod(shape) * _BITS[dtype]:
        _refuse(
            path, f"the tensor {name!r}, {dtype} of shape {shape}, cannot have {end - begin} bytes"
        )
    return StoredTensor(
        name=name, dtype=dtype, shape=shape, file=path, offset=start + begin, n_bytes=end - begin
    )


def _counts(values: object) -> tuple[int, ...] | None:
    """Return ``values`` when it is a list of counts that a file can have."""
    if isinstance(values, list) and all(type(v) is int and 0 <= v < 2**63 for v in values):
        return tuple(values)
    return None


def _check_layout(
    path: Path, tensors: Mapping[str, StoredTensor], *, start: int, file_bytes: int
) -> None:
    expected = start
    for tensor in sorted(tensors.values(), key=lambda each: (each.offset, each.n_bytes)):
        if tensor.offset != expected:
            kind = "overlaps another" if tensor.offset < expected else "comes after a gap"
            _refuse(path, f"the tensor {tensor.name!r} {kind}")
        expected += tensor.n_bytes
    if expected > file_bytes:
        _refuse(path, f"it is cut short: {file_bytes} bytes of {expected} are there")
    if expected < file_bytes:
        _refuse(path, f"{file_bytes - expected} bytes at its end belong to no tensor")


def _short(value: object) -> str:
    return str(value)[:80]


def _refuse(path: Path, problem: str) -> NoReturn:
    raise ConversionError(
        f"{path} is not a usable safetensors file: {problem}.",
        hint="Fetch it again, or save the checkpoint again with save_pretrained().",
    )
