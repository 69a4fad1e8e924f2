"""Safetensors files, written tensor by tensor: one file, or several with an index.

Names, types and sizes are known before a number is; so the header goes first and one tensor at a
time is in memory.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge_converters.number_types import NumberType
from kdedge_converters.planned import Array
from kdedge_converters.tensor_operations import Shape

SHARD_BYTES = 4 * 1024**3
"""A file grows no larger than this unless one tensor is."""
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One tensor of the checkpoint to be."""

    name: str
    shape: Shape
    number_type: NumberType

    @property
    def n_bytes(self) -> int:
        """Return the bytes it takes."""
        return math.prod(self.shape) * self.number_type.n_bytes


def shards(tensors: Sequence[Planned], *, most_bytes: int = SHARD_BYTES) -> list[list[Planned]]:
    """Return the tensors of each file, in order."""
    files: list[list[Planned]] = [[]]
    filled = 0
    for tensor in tensors:
        if files[-1] and filled + tensor.n_bytes > most_bytes:
            files.append([])
            filled = 0
        files[-1].append(tensor)
        filled += tensor.n_bytes
    return files


def write_safetensors(
    directory: Path, files: Sequence[Sequence[Planned]], *, numbers: Callable[[str], Array]
) -> None:
    """Write the files, and their index if there are several.

    Args:
        directory: Where to.
        files: From ``shards``.
        numbers: Returns a tensor's numbers, in the type that was planned; asked once for each,
            in order.
    """
    weight_map: dict[str, str] = {}
    for number, tensors in enumerate(files):
        name = _file_name(number, len(files))
        weight_map |= {tensor.name: name for tensor in tensors}
        with (directory / name).open("xb") as file:
            file.write(_header(tensors))
            for tensor in tensors:
                file.write(numbers(tensor.name).data.cast("B"))
    if len(files) > 1:
        total = sum(tensor.n_bytes for tensors in files for tensor in tensors)
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        path = directory / "model.safetensors.index.json"
        path.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _file_name(number: int, n_files: int) -> str:
    if n_files == 1:
        return "model.safetensors"
    return f"model-{number + 1:05d}-of-{n_files:05d}.safetensors"


def _header(tensors: Sequence[Planned]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for tensor in tensors:
        entries[tensor.name] = {
            "dtype": tensor.number_type.name,
            "shape": list(tensor.shape),
            "data_offsets": [at, at + tensor.n_bytes],
        }
        at += tensor.n_bytes
    raw = json.dumps(entries, separators=(",", ":")).encode("utf-8")
    raw += b" " * (-len(raw) % _ALIGNMENT)
    return len(raw).to_bytes(8, "little") + raw
