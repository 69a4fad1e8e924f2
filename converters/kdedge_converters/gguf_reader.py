"""Reads the header of a GGUF file: all metadata and the place of every tensor, within bounds.

Every count and length is checked against what is left of the file before it is used.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from kdedge_converters.tensor_operations import Shape

_STRING, _ARRAY = 8, 9
_SCALARS = dict(
    zip(
        (0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12),
        ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "?", "u8", "i8", "f8"),
        strict=True,
    )
)
_LEAST_ENTRY_BYTES = 13
_LEAST_TENSOR_BYTES = 24
_MAX_DIMENSIONS = 4
_USUAL_ALIGNMENT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorPlace:
    """Where one tensor lies."""

    quant_type: GGMLQuantizationType
    shape: Shape
    """In numpy's order: the length of a row last."""
    offset: int
    """From the start of the file."""
    n_bytes: int


def read_gguf_header(raw: memoryview) -> tuple[dict[str, Any], dict[str, TensorPlace]]:
    """Return the metadata and the places of the tensors in the file ``raw``, by name.

    Raises:
        ValueError: It is no GGUF file, or cut short; the words say what is wrong.
    """
    return _Reader(raw).read()


class _Reader:
    def __init__(self, raw: memoryview) -> None:
        self._raw = raw
        self._at = 0

    def read(self) -> tuple[dict[str, Any], dict[str, TensorPlace]]:
        if bytes(self._take(4)) != b"GGUF":
            raise ValueError("it does not start with GGUF")
        version = self._number("<I")
        if version not in {2, 3}:
            raise ValueError(f"it has GGUF version {version}")
        n_tensors = self._count(_LEAST_TENSOR_BYTES)
        n_entries = self._count(_LEAST_ENTRY_BYTES)
        metadata: dict[str, Any] = {}
        for _ in range(n_entries):
            key = self._text()
            if key in metadata:
                raise ValueError(f"the entry {key[:80]!r} is there twice")
            metadata[key] = self._value(self._number("<I"))
        infos = [self._tensor_info() for _ in range(n_tensors)]
        return metadata, self._places(infos, _alignment(metadata))

    def _places(
        self, infos: list[tuple[str, GGMLQuantizationType, Shape, int]], alignment: int
    ) -> dict[str, TensorPlace]:
        start = -(-self._at // alignment) * alignment
        places: dict[str, TensorPlace] = {}
        for name, kind, shape, offset in infos:
            block_numbers, block_bytes = GGML_QUANT_SIZES[kind]
            if name in places or not shape or shape[-1] % block_numbers:
                raise ValueError(f"the tensor {name[:80]!r} is there twice or has no shape")
            n_bytes = math.prod(shape) // block_numbers * block_bytes
            if start + offset + n_bytes > len(self._raw):
                raise ValueError(f"it is cut short: the tensor {name[:80]!r} is not all there")
            places[name] = TensorPlace(
                quant_type=kind, shape=shape, offset=start + offset, n_bytes=n_bytes
            )
        return places

    def _tensor_info(self) -> tuple[str, GGMLQuantizationType, Shape, int]:
        name = self._text()
        n_dimensions = self._number("<I")
        if n_dimensions > _MAX_DIMENSIONS:
            raise ValueError(f"the tensor {name[:80]!r} has {n_dimensions} dimensions")
        shape = tuple(self._number("<Q") for _ in range(n_dimensions))[::-1]
        kind = GGMLQuantizationType(self._number("<I"))
        return name, kind, shape, self._number("<Q")

    def _value(self, kind: int) -> object:
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._scalars(kind, 1)[0]
        element_kind = self._number("<I")
        if element_kind == _STRING:
            return [self._text() for _ in range(self._count(8))]
        return self._scalars(element_kind, self._count(1))

    def _scalars(self, kind: int, n: int) -> list[Any]:
        if kind not in _SCALARS:
            raise ValueError(f"it has an entry of the unknown type {kind}")
        dtype = np.dtype(_SCALARS[kind]).newbyteorder("<")
        found: list[Any] = np.frombuffer(self._take(n * dtype.itemsize), dtype).tolist()
        return found

    def _text(self) -> str:
        return str(self._take(self._count(1)), "utf-8")

    def _count(self, least_bytes: int) -> int:
        """Return a count of things of at least so many bytes each.

        Raises:
            ValueError: That many cannot be there.
        """
        count = self._number("<Q")
        if count * least_bytes > len(self._raw) - self._at:
            raise ValueError("it is cut short, or a count in it is wrong")
        return count

    def _number(self, code: str) -> int:
        (number,) = struct.unpack(code, self._take(struct.calcsize(code)))
        return int(number)

    def _take(self, n_bytes: int) -> memoryview:
        if n_bytes > len(self._raw) - self._at:
            raise ValueError("it is cut short")
        self._at += n_bytes
        return self._raw[self._at - n_bytes : self._at]


def _alignment(metadata: Mapping[str, Any]) -> int:
    found = metadata.get("general.alignment", _USUAL_ALIGNMENT)
    if not isinstance(found, int) or found < 8 or found % 8 or found > 2**16:
        raise ValueError(f"its alignment is {str(found)[:40]}")
    return found
