"""Tiny checkpoints of every family, as transformers saves them, and what llama.cpp makes of them.

``families.json`` comes from ``benchmarks/converter_parity.py --golden``: for each case the
configuration, the names and shapes of the stored tensors, and from llama.cpp's own converter the
type, shape and hash of every tensor and all metadata of the architecture.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdedge_converters.checkpoint import StoredTensor
from kdedge_converters.number_types import NumberType, converted, widened
from kdedge_converters.planned import PlannedTensor
from tests.tiny_checkpoint import bf16

GOLDEN: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "kdedge_converters" / "families.json").read_text()
)


def config_of(case: str, **changed: Any) -> dict[str, Any]:
    """Return the configuration of ``case`` with some keys changed."""
    return {**GOLDEN[case]["config"], **changed}


def numbers(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the numbers of a tensor; they depend on its name, and BF16 holds them exactly."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return (generator.integers(-127, 128, shape) / 64).astype(np.float32)


def arrays_of(case: str) -> dict[str, NDArray[Any]]:
    """Return the tensors of ``case`` as the checkpoint stores them, in BF16."""
    return {
        name: bf16(numbers(name, tuple(shape))) for name, shape in GOLDEN[case]["stored"].items()
    }


def stored_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, StoredTensor]:
    """Return the headers of ``arrays``, which lie in no file."""
    return {name: stored(name, array.shape) for name, array in arrays.items()}


def stored(name: str, shape: tuple[int, ...], *, dtype: str = "BF16") -> StoredTensor:
    return StoredTensor(
        name=name, dtype=dtype, shape=tuple(shape), file=Path("nowhere"), offset=0, n_bytes=0
    )


def written(
    planned: PlannedTensor, arrays: Mapping[str, NDArray[Any]], *, number_type: NumberType
) -> NDArray[Any]:
    """Return the tensor as it stands in a file whose matrices have ``number_type``."""
    built = planned.build([arrays[source] for source in planned.sources])
    if planned.arithmetic is not None:
        built = planned.arithmetic(widened(built))
    return converted(built, NumberType.F32 if planned.keep_f32 else number_type)


def digest(array: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
