"""What a quant type makes of numbers: ggml's own rounding, there and back, with no file involved.

Rows go through ``ggml_quantize_chunk`` and ggml's dequantiser block by block of rows, so that
memory stays bounded, on as many threads as asked for (ctypes lets go of the interpreter).
"""

import ctypes
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import llama_cpp._ctypes_extensions as extensions
import numpy as np
from llama_cpp._ggml import libggml_base_path
from numpy.typing import NDArray

from kdedge.core.errors import KdedgeError

_NUMBERS = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10,
    "Q3_K": 11, "Q4_K": 12, "Q5_K": 13, "Q6_K": 14, "IQ2_XXS": 16, "IQ2_XS": 17, "IQ3_XXS": 18,
    "IQ1_S": 19, "IQ4_NL": 20, "IQ3_S": 21, "IQ2_S": 22, "IQ4_XS": 23, "IQ1_M": 29, "BF16": 30,
    "TQ1_0": 34, "TQ2_0": 35, "MXFP4": 39,
}  # fmt: skip
"""ggml's number of each type it can round to (``enum ggml_type``)."""
_CHUNK_ELEMENTS = 1 << 20
"""Numbers a thread holds at a time: 4 MiB of float32, twice."""


class _TypeTraits(ctypes.Structure):
    _fields_ = (
        ("type_name", ctypes.c_char_p),
        ("block_elements", ctypes.c_int64),
        ("block_elements_interleaved", ctypes.c_int64),
        ("block_bytes", ctypes.c_size_t),
        ("is_quantized", ctypes.c_bool),
        ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
        ("from_float_ref", ctypes.c_void_p),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockType:
    """One quant type, as ggml describes it."""

    number: int
    """ggml's number of the type (``enum ggml_type``)."""
    block_elements: int
    """Numbers in one block; a row holds whole blocks."""
    block_bytes: int
    needs_importance: bool
    """ggml refuses to round to it without the importance of each column."""


def block_type(quant_type: str) -> BlockType:
    """Return ggml's description of ``quant_type``.

    Raises:
        KdedgeError: There is no such type, or ggml cannot round to it.
    """
    number = _NUMBERS.get(quant_type)
    if number is None:
        raise KdedgeError(
            f"{quant_type} is no type that a tensor can be quantised to.",
            hint=f"Choose one of: {', '.join(_NUMBERS)}.",
        )
    traits = _library().ggml_get_type_traits(number).contents
    return BlockType(
        number=number,
        block_elements=traits.block_elements,
        block_bytes=traits.block_bytes,
        needs_importance=bool(_library().ggml_quantize_requires_imatrix(number)),
    )


def bytes_of(shape: tuple[int, ...], quant_type: str) -> int:
    """Return the bytes of a tensor in ``quant_type``.

    Args:
        shape: As in a GGUF file: the length of a row first.
        quant_type: GGUF spelling.

    Raises:
        ValueError: A row is no whole number of blocks.
        KdedgeError: There is no such type.
    """
    found = block_type(quant_type)
    if shape[0] % found.block_elements:
        raise ValueError(f"rows of {shape[0]} are no whole blocks of {quant_type}")
    n_blocks = shape[0] // found.block_elements
    for length in shape[1:]:
        n_blocks *= length
    return n_blocks * found.block_bytes


def round_trip(
    rows: NDArray[np.float32],
    quant_type: str,
    *,
    importance: NDArray[np.float32] | None,
    n_threads: int = 0,
) -> NDArray[np.float32]:
    """Return ``rows`` as they are after being stored as ``quant_type`` and read again.

    Args:
        rows: (n_rows, row_elements), finite.
        quant_type: GGUF spelling; its blocks must divide the rows.
        importance: (row_elements,): mean squared activation that meets each column. Types differ
            in what they make of it: Q8_0 ignores it, the others weight their rounding by it.
        n_threads: 0 takes one for each CPU this process may use.

    Raises:
        ValueError: Shapes do not fit, or a number is not finite (ggml would end the process).
        KdedgeError: There is no such type.
    """
    found = block_type(quant_type)
    _check(rows, found, quant_type=quant_type, importance=importance)
    source = np.ascontiguousarray(rows, dtype=np.float32)
    weights = None if importance is None else np.ascontiguousarray(importance, dtype=np.float32)
    result = np.empty_like(source)
    _library().ggml_quantize_init(found.number)  # tables once, not by every thread at a time

    def convert(span: slice) -> None:
        _convert(source[span], result[span], found=found, weights=weights)

    with ThreadPoolExecutor(n_threads or _usable_cpus()) as pool:
        for _ in pool.map(convert, _spans(source.shape)):
            pass
    return result


def _check(
    rows: NDArray[np.float32],
    found: BlockType,
    *,
    quant_type: str,
    importance: NDArray[np.float32] | None,
) -> None:
    if rows.ndim != 2 or rows.shape[1] % found.block_elements:
        raise ValueError(f"{rows.shape} is not (rows, whole blocks of {found.block_elements})")
    if found.needs_importance and importance is None:
        raise ValueError(f"{quant_type} needs the importance of each column")
    if importance is not None and importance.shape != rows.shape[1:]:
        raise ValueError(f"importance of {importance.shape} for rows of {rows.shape[1]}")
    if not np.isfinite(rows).all() or (
        importance is not None and not np.isfinite(importance).all()
    ):
        raise ValueError("a number is not finite")


def _convert(
    source: NDArray[np.float32],
    result: NDArray[np.float32],
    *,
    found: BlockType,
    weights: NDArray[np.float32] | None,
) -> None:
    """Round a few rows; both arrays are contiguous."""
    n_rows, n_columns = source.shape
    stored = np.empty(source.size // found.block_elements * found.block_bytes, dtype=np.uint8)
    _library().ggml_quantize_chunk(
        found.number,
        source.ctypes.data,
        stored.ctypes.data,
        0,
        n_rows,
        n_columns,
        None if weights is None else weights.ctypes.data,
    )
    traits = _library().ggml_get_type_traits(found.number).contents
    if traits.to_float:
        traits.to_float(stored.ctypes.data, result.ctypes.data, source.size)
    else:  # F32
        result[...] = stored.view(np.float32).reshape(source.shape)


def _spans(shape: tuple[int, ...]) -> Iterator[slice]:
    step = max(1, _CHUNK_ELEMENTS // shape[1])
    return (slice(first, first + step) for first in range(0, shape[0], step))


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _library() -> Any:
    """Return ggml's base library with its functions declared."""
    library = extensions.load_shared_library("ggml-base", libggml_base_path)
    library.ggml_get_type_traits.restype = ctypes.POINTER(_TypeTraits)
    library.ggml_get_type_traits.argtypes = (ctypes.c_int,)
    library.ggml_quantize_requires_imatrix.restype = ctypes.c_bool
    library.ggml_quantize_requires_imatrix.argtypes = (ctypes.c_int,)
    library.ggml_quantize_init.argtypes = (ctypes.c_int,)
    library.ggml_quantize_init.restype = None
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = (
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
    )
    return library
