"""Builds small checkpoint folders byte by byte, and broken ones."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.conversion import ConversionPlan, Dtype
from kdedge_converters.gguf_values import uint32
from kdedge_converters.planned import PlannedTensor

_DTYPES = {"float32": "F32", "float16": "F16", "uint16": "BF16", "int64": "I64", "bool": "BOOL"}


@dataclass(kw_only=True)
class TinySafetensors:
    """A safetensors file, and the lies it may tell."""

    arrays: Mapping[str, NDArray[Any]]
    """uint16 arrays are the bits of BF16."""
    entries: dict[str, Any] = field(default_factory=dict)
    """Header entries that replace or join the true ones."""
    header_bytes: int | None = None
    header: bytes | None = None
    tail: bytes = b""

    def to_bytes(self) -> bytes:
        entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        offset = 0
        for name, array in self.arrays.items():
            entries[name] = {
                "dtype": _DTYPES[array.dtype.name],
                "shape": list(array.shape),
                "data_offsets": [offset, offset + array.nbytes],
            }
            offset += array.nbytes
        header = (
            json.dumps(entries | self.entries).encode() if self.header is None else self.header
        )
        claimed = len(header) if self.header_bytes is None else self.header_bytes
        data = b"".join(array.tobytes() for array in self.arrays.values())
        return struct.pack("<Q", claimed) + header + data + self.tail


def bf16(numbers: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the bits of ``numbers``, which BF16 must hold exactly."""
    bits = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    assert not (bits & 0xFFFF).any()
    return (bits >> 16).astype(np.uint16)


def write_checkpoint(
    directory: Path, arrays: Mapping[str, NDArray[Any]], *, config: Mapping[str, Any] | None = None
) -> Path:
    """Put a checkpoint with one safetensors file into ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(
        json.dumps(config or {"architectures": ["TinyForCausalLM"]})
    )
    (directory / "model.safetensors").write_bytes(TinySafetensors(arrays=arrays).to_bytes())
    return directory


def write_shards(
    directory: Path,
    shards: Mapping[str, Mapping[str, NDArray[Any]]],
    *,
    weight_map: Mapping[str, Any] | None = None,
) -> Path:
    """Put a checkpoint of several safetensors files with their index into ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text('{"architectures": ["TinyForCausalLM"]}')
    true_map = {name: shard for shard, arrays in shards.items() for name in arrays}
    for shard, arrays in shards.items():
        (directory / shard).write_bytes(TinySafetensors(arrays=arrays).to_bytes())
    index = {"metadata": {}, "weight_map": true_map if weight_map is None else weight_map}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    return directory


def first(sources: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return sources[0]


def plan_all(directory: Path, *, dtype: Dtype = "auto") -> ConversionPlan:
    """Return the plan of a file with every tensor of the checkpoint, as it is."""
    checkpoint = Checkpoint.open(directory)
    tensors = tuple(
        PlannedTensor(
            name=stored.name,
            sources=(stored.name,),
            shape=stored.shape,
            build=first,
            keep_f32=len(stored.shape) == 1,
        )
        for stored in checkpoint.tensors.values()
    )
    return ConversionPlan(
        checkpoint=checkpoint,
        architecture="tiny",
        class_name="TinyForCausalLM",
        dtype=dtype,
        name=None,
        described=(uint32("tiny.block_count", 1),),
        tensors=tensors,
    )
