"""A Hugging Face checkpoint folder: its configuration, and its tensors read one at a time.

Weights are taken from safetensors files only; pickles can run code and are refused.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from kdedge_converters.errors import ConversionError
from kdedge_converters.json_file import raise_unreadable, read_json_object
from kdedge_converters.planned import Array
from kdedge_converters.safetensors_file import StoredTensor, read_safetensors_header

__all__ = ["Checkpoint", "StoredTensor"]

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
MAX_SHARDS = 10_000
_CONFIG_MAX_BYTES = 4 * 1024**2
_NUMPY_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_SAVE_AGAIN = "Save the checkpoint again with save_pretrained()."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint whose headers have been read and found sound."""

    directory: Path
    config: Mapping[str, Any]
    """``config.json``, as it stands."""
    tensors: Mapping[str, StoredTensor]
    """By name; the names are ordered as the files have them."""

    @classmethod
    def open(cls, directory: Path) -> "Checkpoint":
        """Return the checkpoint in ``directory``; no weight is read.

        Raises:
            ConversionError: A file is missing, unreadable, broken or a pickle, or the index and
                the files disagree.
        """
        if not directory.is_dir():
            raise ConversionError(
                f"{directory} is not a folder.",
                hint="Name the folder that has config.json and model.safetensors in it.",
            )
        config = read_json_object(directory / "config.json", max_bytes=_CONFIG_MAX_BYTES)
        return cls(directory=directory, config=config, tensors=_tensors(directory))

    def read(self, name: str) -> Array:
        """Return the numbers of the tensor ``name``: float32, float16, or the bits of BF16.

        Raises:
            ConversionError: Its type cannot be converted, or the file changed or cannot be read.
        """
        tensor = self.convertible(name)
        numbers: Array = np.empty(tensor.shape, np.dtype(_NUMPY_TYPES[tensor.dtype]))
        with _opened(tensor) as file:
            _fill(numbers.reshape(-1), file, tensor)
        return numbers

    def pieces(self, name: str, *, most_numbers: int) -> Iterator[Array]:
        """Give the numbers of the tensor ``name`` in order, piece by piece.

        Yields:
            Arrays of one dimension and up to ``most_numbers``; the memory of one is used again
            for the next.

        Raises:
            ConversionError: As :meth:`read`.
        """
        tensor = self.convertible(name)
        left = math.prod(tensor.shape)
        buffer: Array = np.empty(min(left, most_numbers), np.dtype(_NUMPY_TYPES[tensor.dtype]))
        with _opened(tensor) as file:
            while left:
                piece = buffer[: min(left, most_numbers)]
                _fill(piece, file, tensor)
                left -= len(piece)
                yield piece

    def convertible(self, name: str) -> StoredTensor:
        """Return where the tensor ``name`` is, if its numbers can be converted.

        Raises:
            ConversionError: They are of another type, or there are none.
        """
        tensor = self.tensors[name]
        if tensor.dtype not in _NUMPY_TYPES:
            raise ConversionError(
                f"The tensor {name} is stored as {tensor.dtype}; F32, F16 and BF16 can be read.",
                hint="Load the checkpoint in bfloat16 with transformers and save it again.",
            )
        if not tensor.n_bytes:
            raise ConversionError(f"The tensor {name} is empty.", hint=_SAVE_AGAIN)
        return tensor

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that hold the weights."""
        return tuple(dict.fromkeys(tensor.file for tensor in self.tensors.values()))


@contextmanager
def _opened(tensor: StoredTensor) -> Iterator[FileIO]:
    """Give the file of ``tensor``, at its first byte.

    Yields:
        The open file.
    """
    try:
        with FileIO(tensor.file) as file:
            file.seek(tensor.offset)
            yield file
    except OSError as error:
        raise_unreadable(tensor.file, error)


def _fill(numbers: Array, file: FileIO, tensor: StoredTensor) -> None:
    left = numbers.view(np.uint8).data
    while left:
        n_read = file.readinto(left)
        if not n_read:
            raise ConversionError(
                f"{tensor.file} became shorter while it was read.",
                hint="Wait until nothing writes to it, then convert again.",
            )
        left = left[n_read:]


def _tensors(directory: Path) -> dict[str, StoredTensor]:
    single, index = directory / SINGLE, directory / INDEX
    if single.exists() and index.exists():
        raise ConversionError(
            f"{directory} has both {SINGLE} and {INDEX}; which of them counts is unclear.",
            hint="Remove the one that is left over from an earlier save.",
        )
    if index.exists():
        return _sharded(directory, index)
    if single.exists():
        return _not_empty(directory, read_safetensors_header(single))
    raise _no_weights(directory)


def _no_weights(directory: Path) -> ConversionError:
    pickles = sorted(
        each.name
        for each in directory.iterdir()
        if each.suffix in {".bin", ".pt", ".pth", ".ckpt"}
    )
    if pickles:
        return ConversionError(
            f"{directory} has its weights in a pickle ({pickles[0]}), which can run any code.",
            hint="If you trust it: load it with transformers' AutoModelForCausalLM"
            ".from_pretrained(), then save_pretrained() writes safetensors.",
        )
    if any(directory.glob("*.safetensors")):
        return ConversionError(
            f"{directory} has safetensors files, but neither {SINGLE} nor {INDEX}.",
            hint=f"Fetch {INDEX} too; it says which files belong together.",
        )
    return ConversionError(
        f"{directory} has no weights: there is no {SINGLE} and no {INDEX}.",
        hint="Fetch the whole checkpoint, or name another folder.",
    )


def _not_empty(directory: Path, tensors: dict[str, StoredTensor]) -> dict[str, StoredTensor]:
    if not tensors:
        raise ConversionError(f"{directory} has no tensors at all.", hint=_SAVE_AGAIN)
    return tensors


def _sharded(directory: Path, index: Path) -> dict[str, StoredTensor]:
    weight_map = read_json_object(index).get("weight_map")
    if not isinstance(weight_map, dict):
        raise ConversionError(f"{index} has no weight_map.", hint=_SAVE_AGAIN)
    shards = sorted({_shard_name(index, shard) for shard in weight_map.values()})
    if len(shards) > MAX_SHARDS:
        raise ConversionError(f"{index} names {len(shards)} files.", hint=_SAVE_AGAIN)
    tensors: dict[str, StoredTensor] = {}
    for shard in shards:
        for name, tensor in read_safetensors_header(directory / shard).items():
            if weight_map.get(name) != shard:
                raise ConversionError(
                    f"The tensor {name} is in {shard}, but {INDEX} says"
                    f" {str(weight_map.get(name, 'nothing of it'))[:80]}.",
                    hint=_SAVE_AGAIN,
                )
            tensors[name] = tensor
    missing = next((name for name in weight_map if name not in tensors), None)
    if missing is not None:
        raise ConversionError(
            f"{INDEX} puts the tensor {missing[:80]} in {weight_map[missing]}, where it is not.",
            hint=_SAVE_AGAIN,
        )
    return _not_empty(directory, tensors)


def _shard_name(index: Path, shard: object) -> str:
    """Return ``shard`` when it names a file beside the index, and nothing else.

    Raises:
        ConversionError: It could lead out of the folder.
    """
    if (
        isinstance(shard, str)
        and shard.endswith(".safetensors")
        and shard.isprintable()
        and not shard.startswith(".")
        and not set(shard) & set("/\\:")
        and len(shard) <= 255
    ):
        return shard
    raise ConversionError(
        f"{index} names the file {str(shard)[:80]!r}, which is no name of a file beside it.",
        hint="Do not use this checkpoint unless you know where it comes from.",
    )
