"""A LoRA adapter of peft to the GGUF form that llama.cpp puts on a model at run time.

Each pair of matrices follows what happens to the weight it changes: where the family reorders
rows, those of the second matrix are reordered; where it transposes nothing is, because peft
stores a pair the same way for every layer.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.conversion import ConversionResult, Dtype
from kdedge_converters.errors import ConversionError
from kdedge_converters.families import find_family
from kdedge_converters.family import EMBEDDINGS, Slot
from kdedge_converters.gguf_values import KeyValue, float32, text, uint32
from kdedge_converters.json_file import read_json_object
from kdedge_converters.layout import lay_out
from kdedge_converters.lora_config import LoraSettings, read_lora_settings
from kdedge_converters.number_types import NumberType, widened
from kdedge_converters.planned import Array, PlannedTensor
from kdedge_converters.safetensors_file import StoredTensor, read_safetensors_header
from kdedge_converters.tensor_operations import Keep, PermuteHeads, Transpose
from kdedge_converters.writer import write_gguf

CONFIG = "adapter_config.json"
_WEIGHTS, _PICKLE = "adapter_model.safetensors", "adapter_model.bin"
_PREFIX = "base_model.model."
_FIRST, _SECOND = (".lora_A.weight", ".lora_embedding_A"), (".lora_B.weight", ".lora_embedding_B")
_BASE_COPY = ".base_layer.weight"
_QUANTIZATION_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The two matrices that change one weight: second times first, times ``alpha`` / rank."""

    slot: Slot
    first: StoredTensor
    """Shape (rank, inputs)."""
    second: StoredTensor
    """Shape (outputs, rank)."""
    alpha: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterPlan:
    """An adapter file as it will be."""

    adapter: Checkpoint
    architecture: str
    key_values: tuple[KeyValue, ...]
    tensors: tuple[PlannedTensor, ...]
    number_types: Mapping[str, NumberType]

    @property
    def n_params(self) -> int:
        """Return the number of weights."""
        return sum(int(np.prod(planned.shape)) for planned in self.tensors)


def is_adapter(directory: Path) -> bool:
    """Return whether ``directory`` holds an adapter, not a model."""
    return (directory / CONFIG).is_file()


def plan_adapter(directory: Path, base_dir: Path, *, dtype: Dtype = "auto") -> AdapterPlan:
    """Return the plan of the GGUF file for the adapter in ``directory``; writes nothing.

    Args:
        directory: Has ``adapter_config.json`` and ``adapter_model.safetensors``.
        base_dir: The model it was trained on; its ``config.json`` is enough.
        dtype: Of the matrices; ``auto`` keeps every one as it is stored.

    Raises:
        ConversionError: It is no plain LoRA adapter, is broken, or belongs to another model.
    """
    settings = read_lora_settings(read_json_object(directory / CONFIG))
    config = read_json_object(base_dir / "config.json")
    family = find_family(config)
    family.check(config)
    tensors = _read_tensors(directory)
    slots = {slot.sources[0]: slot for slot in family.layout(config)}
    is_tied = not any(slot.name == "output.weight" for slot in slots.values())
    changed = {n: t for n, t in tensors.items() if not _is_copy(n, directory, base_dir, tensors)}
    pairs = list(_pairs(changed, slots, settings, is_tied=is_tied))
    alpha = Counter(pair.alpha for pair in pairs).most_common(1)[0][0]
    planned = tuple(each for pair in pairs for each in _planned(pair, alpha))
    types = {
        each.name: _number_type(tensors[each.sources[0]].dtype, dtype, each) for each in planned
    }
    most = Counter(types.values()).most_common(1)[0][0]
    return AdapterPlan(
        adapter=Checkpoint(directory=directory, config={}, tensors=tensors),
        architecture=family.architecture,
        key_values=(
            text("general.architecture", family.architecture),
            text("general.type", "adapter"),
            text("adapter.type", "lora"),
            float32("adapter.lora.alpha", alpha),
            uint32("general.file_type", most.file_type),
            uint32("general.quantization_version", _QUANTIZATION_VERSION),
        ),
        tensors=planned,
        number_types=types,
    )


def write_adapter(
    plan: AdapterPlan,
    target: Path,
    *,
    progress: Callable[[int, int, str], None],
) -> ConversionResult:
    """Write the file of ``plan`` to ``target``, whole or not at all.

    Args:
        plan: From ``plan_adapter``.
        target: An earlier file is replaced at the end.
        progress: Gets tensors done, tensors in all, and the name of the next.

    Raises:
        ConversionError: Numbers are not finite or do not fit, or the disk is full or may not be
            written. Then nothing is left behind.
    """
    layout = lay_out(plan.key_values, plan.tensors, number_types=plan.number_types)
    sha256 = write_gguf(layout, target, source=plan.adapter, progress=progress)
    types = Counter(plan.number_types.values())
    return ConversionResult(
        sha256=sha256,
        file_bytes=layout.file_bytes,
        n_tensors=len(plan.tensors),
        dtype=types.most_common(1)[0][0].name,
    )


def _read_tensors(directory: Path) -> dict[str, StoredTensor]:
    path = directory / _WEIGHTS
    if not path.is_file() and (directory / _PICKLE).is_file():
        raise ConversionError(
            f"{directory} has {_PICKLE} alone, which may run code when it is read.",
            hint="Load it with peft and save it again: save_pretrained writes safetensors.",
        )
    tensors = read_safetensors_header(path)
    if not tensors:
        raise ConversionError(f"{path} has no tensors.", hint="Save the adapter again.")
    return tensors


def _is_copy(
    name: str, directory: Path, base_dir: Path, tensors: Mapping[str, StoredTensor]
) -> bool:
    """Return whether ``name`` is the base model's own weight: peft saves embeddings along."""
    if not name.endswith(_BASE_COPY):
        return False
    original = f"{name.removesuffix(_BASE_COPY).removeprefix(_PREFIX)}.weight"
    try:
        base = Checkpoint.open(base_dir)
        theirs = widened(base.read(original))
    except (ConversionError, KeyError):
        return False
    adapter = Checkpoint(directory=directory, config={}, tensors=tensors)
    return np.array_equal(widened(adapter.read(name)), theirs)


def _pairs(
    tensors: Mapping[str, StoredTensor],
    slots: Mapping[str, Slot],
    settings: LoraSettings,
    *,
    is_tied: bool,
) -> Iterator[_Pair]:
    firsts = {_module(name, _FIRST): name for name in tensors if name.endswith(_FIRST)}
    seconds = {_module(name, _SECOND): name for name in tensors if name.endswith(_SECOND)}
    strange = set(tensors) - set(firsts.values()) - set(seconds.values())
    if any(name.endswith(_BASE_COPY) for name in strange):
        raise ConversionError(
            "The adapter brings embeddings of its own that are not those of the base model.",
            hint="Merge the adapter into its model, or name a base that has its weights.",
        )
    if strange:
        raise ConversionError(
            f"The adapter has the tensor {min(strange)[:120]}, which is no part of a LoRA pair.",
            hint="Merge the adapter into its model (merge_and_unload) and convert the result.",
        )
    lonely = set(firsts) ^ set(seconds)
    if lonely:
        raise ConversionError(
            f"The adapter has one matrix of {min(lonely)[:120]}, not two.",
            hint="Save the adapter again.",
        )
    for module, name in firsts.items():
        slot = slots.get(f"{module}.weight")
        if slot is None or len(slot.source_shape) != 2:
            _refuse_module(module, is_tied=is_tied)
        first, second = tensors[name], tensors[seconds[module]]
        _check_shapes(slot, first, second, is_tied=is_tied)
        rank = first.shape[0]
        alpha = settings.scale(module, rank=rank) * rank
        yield _Pair(slot=slot, first=first, second=second, alpha=alpha)


def _module(name: str, ends: tuple[str, ...]) -> str:
    end = next(each for each in ends if name.endswith(each))
    return name.removesuffix(end).removeprefix(_PREFIX)


def _refuse_module(module: str, *, is_tied: bool) -> NoReturn:
    if module == "lm_head" and is_tied:
        raise ConversionError(
            "The adapter changes lm_head, but the model's head is its embeddings.",
            hint="Merge the adapter into its model and save it with a head of its own.",
        )
    raise ConversionError(
        f"The adapter changes {module[:120]}, which is no matrix of the base model.",
        hint="Name the model it was trained on with --base.",
    )


def _check_shapes(slot: Slot, first: StoredTensor, second: StoredTensor, *, is_tied: bool) -> None:
    outputs, inputs = slot.source_shape
    if isinstance(slot.rearrangement, Transpose):
        outputs, inputs = inputs, outputs
    if slot.name == EMBEDDINGS:
        outputs, inputs = inputs, outputs  # peft multiplies (width, rank) and (rank, tokens)
        if is_tied:
            raise ConversionError(
                "The adapter changes embeddings that are the model's head too; llama.cpp cannot"
                " change them in one place alone.",
                hint="Merge the adapter into its model and convert the result.",
            )
    rank = first.shape[0] if first.shape else 0
    if first.shape != (rank, inputs) or second.shape != (outputs, rank) or not rank:
        raise ConversionError(
            f"The pair of {slot.sources[0]} has the shapes {first.shape} and {second.shape}; the"
            f" base model's weight is {slot.source_shape}.",
            hint="Name the model it was trained on with --base.",
        )


def _planned(pair: _Pair, alpha: float) -> Iterator[PlannedTensor]:
    rank, inputs = pair.first.shape
    is_embedding = pair.slot.name == EMBEDDINGS
    yield PlannedTensor(
        name=f"{pair.slot.name}.lora_a",
        sources=(pair.first.name,),
        shape=(inputs, rank) if is_embedding else (rank, inputs),
        build=_transposed if is_embedding else _same,
    )
    factor = pair.alpha / alpha
    yield PlannedTensor(
        name=f"{pair.slot.name}.lora_b",
        sources=(pair.second.name,),
        shape=pair.second.shape,
        build=_rows_of(pair.slot),
        arithmetic=None if factor == 1 else _scaled(factor),
    )


def _rows_of(slot: Slot) -> Callable[[Sequence[Array]], Array]:
    """Return what the family does to the rows of the weight.

    Raises:
        ConversionError: It does something else than moving rows.
    """
    if isinstance(slot.rearrangement, PermuteHeads):
        return slot.rearrangement.apply
    if isinstance(slot.rearrangement, (Keep, Transpose)):
        return _same
    raise ConversionError(
        f"The adapter changes {slot.sources[0]}, which is put together with others.",
        hint="Merge the adapter into its model and convert the result.",
    )


def _same(sources: Sequence[Array]) -> Array:
    return sources[0]


def _transposed(sources: Sequence[Array]) -> Array:
    return np.ascontiguousarray(sources[0].T)


def _scaled(factor: float) -> Callable[[Array], Array]:
    def scale(numbers: Array) -> Array:
        scaled: Array = numbers * numbers.dtype.type(factor)
        return scaled

    return scale


def _number_type(stored: str, dtype: Dtype, planned: PlannedTensor) -> NumberType:
    if dtype != "auto":
        return NumberType[dtype.upper()]
    if planned.arithmetic is not None or stored not in NumberType.__members__:
        return NumberType.F32
    return NumberType[stored]
