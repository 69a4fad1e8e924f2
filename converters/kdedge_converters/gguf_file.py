"""A GGUF file to take apart: its metadata, and one tensor's numbers at a time.

Quantised tensors come out as float32, plain ones as they are stored.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_reader import read_gguf_header
from kdedge_converters.planned import Array
from kdedge_converters.tensor_operations import Shape

_PIECE_NUMBERS = 4 * 1024**2
"""Dequantised in one step."""
_PLAIN = {
    GGMLQuantizationType.F32: "<f4",
    GGMLQuantizationType.F16: "<f2",
    GGMLQuantizationType.BF16: "<u2",
}
_HINT = "Check the file with `kdedge models show`, or download it again."


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufTensor:
    """One tensor of the file."""

    name: str
    quant_type: GGMLQuantizationType
    shape: Shape
    """In numpy's order: the length of a row last."""
    stored: Array
    """Its bytes, not yet read from the disk."""

    @property
    def n_numbers(self) -> int:
        """Return how many numbers it holds."""
        return math.prod(self.shape)

    def pieces(self) -> Iterator[Array]:
        """Give its numbers from the first to the last.

        Yields:
            One-dimensional arrays: float32, or float16 or the bits of BF16 where that is stored.
        """
        if self.quant_type in _PLAIN:
            flat = self.stored.view(_PLAIN[self.quant_type])
            for at in range(0, len(flat), _PIECE_NUMBERS):
                yield np.array(flat[at : at + _PIECE_NUMBERS])
            return
        block_numbers, block_bytes = GGML_QUANT_SIZES[self.quant_type]
        step = _PIECE_NUMBERS // block_numbers * block_bytes
        for at in range(0, len(self.stored), step):
            yield dequantize(np.array(self.stored[at : at + step]), self.quant_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFile:
    """What one file holds."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]

    def text(self, key: str) -> str | None:
        """Return the text at ``key``; ``None`` when there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str) -> int | None:
        """Return the whole number at ``key``; ``None`` when there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def open_gguf(path: Path) -> GgufFile:
    """Return what the file at ``path`` holds; the tensors' numbers stay on the disk.

    Raises:
        ConversionError: It is missing, broken, or one of several parts.
    """
    if not path.is_file():
        raise ConversionError(f"There is no file {path}.", hint="Name a GGUF file.")
    try:
        stored = np.memmap(path, mode="r")  # an empty file cannot be mapped: ValueError
        metadata, places = read_gguf_header(stored.data)
    except OSError as error:
        raise ConversionError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check its permissions."
        ) from error
    except ValueError as error:
        raise ConversionError(
            f"{path} is no GGUF file that can be read: {str(error)[:200]}.", hint=_HINT
        ) from error
    tensors = {
        name: GgufTensor(
            name=name,
            quant_type=place.quant_type,
            shape=place.shape,
            stored=stored[place.offset : place.offset + place.n_bytes],
        )
        for name, place in places.items()
    }
    found = GgufFile(path=path, metadata=metadata, tensors=tensors)
    if (found.number("split.count") or 1) > 1:
        raise ConversionError(
            f"{path.name} is one of several parts.", hint="Join them with llama-gguf-split first."
        )
    if found.text("general.type") not in (None, "model"):
        raise ConversionError(
            f"{path.name} holds no model but: {found.text('general.type')}.",
            hint="Name the GGUF file of a model.",
        )
    return found
