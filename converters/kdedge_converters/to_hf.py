"""From a GGUF file back to a checkpoint that transformers loads: settings, weights, tokenizer.

The families' own tables are used backwards: what they rearrange is put back, what they add is
taken off. Types that 16 bits do not hold exactly are not silently rounded: see ``dtype``.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from gguf.constants import GGMLQuantizationType

from kdedge_converters.conversion import Dtype
from kdedge_converters.errors import ConversionError
from kdedge_converters.families import find_family
from kdedge_converters.family import Slot
from kdedge_converters.gguf_file import GgufFile, GgufTensor, open_gguf
from kdedge_converters.hf_tokenizer import TokenizerFiles, restored_tokenizer
from kdedge_converters.number_types import NumberType, check_numbers, converted, widened
from kdedge_converters.planned import Array
from kdedge_converters.restored_config import ROPE_DIVISORS, GgufFacts, restored_config
from kdedge_converters.safetensors_output import SHARD_BYTES, Planned, shards, write_safetensors

_NAMES = {NumberType.F32: "float32", NumberType.F16: "float16", NumberType.BF16: "bfloat16"}
_PLAIN = {
    GGMLQuantizationType.F32: NumberType.F32,
    GGMLQuantizationType.F16: NumberType.F16,
    GGMLQuantizationType.BF16: NumberType.BF16,
}
_SPARE_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class HfPlan:
    """A checkpoint as it will be."""

    file: GgufFile
    number_type: NumberType
    """Of the matrices."""
    config: Mapping[str, Any]
    tokenizer: TokenizerFiles
    slots: tuple[Slot, ...]
    tensors: tuple[Planned, ...]

    @property
    def n_bytes(self) -> int:
        """Return the bytes of all weights."""
        return sum(tensor.n_bytes for tensor in self.tensors)


def plan_to_hf(path: Path, *, dtype: Dtype = "auto") -> HfPlan:
    """Return the plan of the checkpoint for the GGUF file at ``path``; writes nothing.

    Args:
        path: A whole model in one file, quantised or not.
        dtype: Of the matrices. ``auto`` keeps F16 and BF16 files as they are and makes F32 of
            everything else, which alone holds dequantised numbers exactly.

    Raises:
        ConversionError: The file is broken, or of a family that cannot be turned back.
    """
    file = open_gguf(path)
    config = restored_config(_facts(file))
    family = find_family(config)
    slots = family.layout(config)
    _check_tensors(file, slots)
    place = {name: number for number, name in enumerate(file.tensors)}
    slots = tuple(
        sorted(slots, key=lambda slot: place[slot.name])
    )  # so that a second way is equal
    number_type = _number_type(file, slots, dtype)
    tokenizer = restored_tokenizer(file)
    planned = tuple(
        Planned(name=name, shape=slot.source_shape, number_type=_type_of(file, slot, number_type))
        for slot in slots
        for name in slot.sources
    )
    return HfPlan(
        file=file,
        number_type=number_type,
        config={**config, **_token_ids(tokenizer), "dtype": _NAMES[number_type]},
        tokenizer=tokenizer,
        slots=slots,
        tensors=planned,
    )


def write_to_hf(
    plan: HfPlan,
    directory: Path,
    *,
    progress: Callable[[int, int, str], None],
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write the checkpoint to ``directory``, whole or not at all.

    Args:
        plan: From ``plan_to_hf``.
        directory: Must not exist, or be empty.
        progress: Gets tensors done, tensors in all, and the name of the next.
        shard_bytes: Weights beyond that go to another file.

    Raises:
        ConversionError: ``directory`` has something in it, the disk is full or may not be
            written, or weights are not finite or do not fit.
    """
    _check_target(plan, directory)
    try:
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    except OSError as error:
        _raise_cannot_write(directory, error)
    try:
        _write_small_files(plan, partial)
        weights = _Weights(plan, progress)
        files = shards(plan.tensors, most_bytes=shard_bytes)
        write_safetensors(partial, files, numbers=weights.numbers)
        partial.chmod(0o755)
        partial.replace(directory)
    except OSError as error:
        _raise_cannot_write(directory, error)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    progress(len(plan.slots), len(plan.slots), "")


class _Weights:
    """Makes the numbers of the checkpoint's tensors in the order they are asked for."""

    def __init__(self, plan: HfPlan, progress: Callable[[int, int, str], None]) -> None:
        self._plan = plan
        self._types = {tensor.name: tensor.number_type for tensor in plan.tensors}
        self._slots = {name: slot for slot in plan.slots for name in slot.sources}
        self._made: dict[str, Array] = {}
        self._progress = progress
        self._n_done = 0

    def numbers(self, name: str) -> Array:
        """Return the numbers of ``name``; what else comes out of the same tensor is kept."""
        if name not in self._made:
            slot = self._slots[name]
            self._progress(self._n_done, len(self._plan.slots), slot.name)
            self._n_done += 1
            tensor = self._plan.file.tensors[slot.name]
            whole = _read(tensor, slot, self._types[name])
            self._made = dict(zip(slot.sources, slot.rearrangement.undo(whole), strict=True))
        return np.ascontiguousarray(self._made.pop(name))


def _read(tensor: GgufTensor, slot: Slot, number_type: NumberType) -> Array:
    """Return all numbers of ``tensor``, the family's arithmetic undone, in ``number_type``."""
    kinds = {NumberType.F32: np.float32, NumberType.F16: np.float16, NumberType.BF16: np.uint16}
    flat = np.empty(tensor.n_numbers, dtype=kinds[number_type])
    at = 0
    for stored in tensor.pieces():
        numbers = slot.arithmetic.undo(widened(stored)) if slot.arithmetic else stored
        check_numbers(numbers, number_type, name=tensor.name)
        flat[at : at + len(numbers)] = converted(numbers, number_type)
        at += len(numbers)
    return flat.reshape(tensor.shape)


def _facts(file: GgufFile) -> GgufFacts:
    divisors = file.tensors.get(ROPE_DIVISORS)
    return GgufFacts(
        metadata=file.metadata,
        shapes={name: tensor.shape for name, tensor in file.tensors.items()},
        rope_divisors=None
        if divisors is None
        else np.concatenate([widened(piece) for piece in divisors.pieces()]),
    )


def _check_tensors(file: GgufFile, slots: tuple[Slot, ...]) -> None:
    needed = {slot.name: slot for slot in slots}
    missing = [name for name in needed if name not in file.tensors]
    extra = [name for name in file.tensors if name not in needed and name != ROPE_DIVISORS]
    if missing or extra:
        name = (missing or extra)[0]
        told = "lacks the tensor" if missing else "has an unknown tensor"
        raise ConversionError(
            f"The file {told} {name[:80]}.",
            hint="Only the plain models of a family can be turned back.",
        )
    for name, slot in needed.items():
        if file.tensors[name].shape != slot.shape:
            raise ConversionError(
                f"The tensor {name} has the shape {file.tensors[name].shape}; the file's own"
                f" metadata makes it {slot.shape}.",
                hint="Fetch the file again.",
            )


def _number_type(file: GgufFile, slots: tuple[Slot, ...], dtype: Dtype) -> NumberType:
    if dtype != "auto":
        return NumberType[dtype.upper()]
    stored = {file.tensors[slot.name].quant_type for slot in slots if not slot.keep_f32}
    plain = {_PLAIN.get(each, NumberType.F32) for each in stored}
    return plain.pop() if len(plain) == 1 else NumberType.F32


def _type_of(file: GgufFile, slot: Slot, number_type: NumberType) -> NumberType:
    """Return the type of one tensor: vectors that 16 bits do not hold exactly stay F32."""
    tensor = file.tensors[slot.name]
    if number_type is NumberType.F32 or not slot.keep_f32:
        return number_type
    for stored in tensor.pieces():
        numbers = slot.arithmetic.undo(widened(stored)) if slot.arithmetic else widened(stored)
        with np.errstate(over="ignore"):
            back = widened(converted(numbers, number_type)).astype(np.float32, copy=False)
        if not np.array_equal(back, numbers):
            return NumberType.F32
    return number_type


def _token_ids(tokenizer: TokenizerFiles) -> dict[str, Any]:
    ids = {
        f"{role}_token_id": tokenizer.ids[role] for role in ("bos", "pad") if role in tokenizer.ids
    }
    ends = list(tokenizer.ends)
    return {**ids, **({"eos_token_id": ends[0] if len(ends) == 1 else ends} if ends else {})}


def _write_small_files(plan: HfPlan, directory: Path) -> None:
    tokenizer = plan.tokenizer
    _write_json(directory / "config.json", plan.config)
    _write_json(directory / "generation_config.json", _token_ids(tokenizer))
    _write_json(directory / "tokenizer.json", tokenizer.tokenizer)
    _write_json(directory / "tokenizer_config.json", tokenizer.config)
    for name, template in tokenizer.chat_templates.items():
        path = directory / "chat_template.jinja"
        if name != "default":
            path = directory / "additional_chat_templates" / f"{name}.jinja"
            path.parent.mkdir(exist_ok=True)
        path.write_text(template, encoding="utf-8")


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _check_target(plan: HfPlan, directory: Path) -> None:
    if directory.exists() and not (directory.is_dir() and not any(directory.iterdir())):
        raise ConversionError(
            f"{directory} is there already.", hint="Name a folder that does not exist."
        )
    with suppress(OSError):  # what is wrong with the folder shows when it is made
        free_bytes = shutil.disk_usage(directory.parent).free
        if free_bytes < plan.n_bytes + _SPARE_BYTES:
            needed, free = plan.n_bytes / 1024**2, free_bytes / 1024**2
            raise ConversionError(
                f"{directory} needs {needed:.0f} MiB, but {free:.0f} MiB are free there.",
                hint="Free some space, or use --dtype bf16.",
            )


def _raise_cannot_write(directory: Path, error: OSError) -> NoReturn:
    raise ConversionError(
        f"{directory} was not written: {error.strerror or error}.",
        hint="Free some space, or choose a folder you may write to.",
    ) from error
