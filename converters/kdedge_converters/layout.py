"""Where everything lies in a GGUF file: its header, and the place of each tensor."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdedge_converters.gguf_values import KeyValue, encode
from kdedge_converters.number_types import NumberType
from kdedge_converters.planned import PlannedTensor

ALIGNMENT = 32
_MAGIC, _VERSION = b"GGUF", 3
_MAX_NAME_BYTES = 63  # llama.cpp's own limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The place of one tensor."""

    planned: PlannedTensor
    number_type: NumberType
    offset: int
    """From the start of the data section."""
    n_bytes: int

    @property
    def padding_bytes(self) -> int:
        """Return how many zeros follow the tensor."""
        return -self.n_bytes % ALIGNMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A file as it will be."""

    header: bytes
    slots: tuple[Slot, ...]
    file_bytes: int


def lay_out(
    key_values: Sequence[KeyValue],
    tensors: Sequence[PlannedTensor],
    *,
    number_types: Mapping[str, NumberType],
) -> Layout:
    """Return the layout of a file with ``key_values`` and ``tensors``, in their order.

    Args:
        key_values: Metadata; the alignment is the usual one and needs no entry.
        tensors: What the file holds.
        number_types: Of each tensor, by its name in the file.

    Raises:
        ValueError: A name is there twice or too long, or a value does not fit its kind.
    """
    _check_names([entry.key for entry in key_values], longest=2**16 - 1)
    _check_names([planned.name for planned in tensors], longest=_MAX_NAME_BYTES)
    slots: list[Slot] = []
    offset = 0
    for planned in tensors:
        number_type = number_types[planned.name]
        n_bytes = math.prod(planned.shape) * number_type.n_bytes
        slot = Slot(planned=planned, number_type=number_type, offset=offset, n_bytes=n_bytes)
        offset += n_bytes + slot.padding_bytes
        slots.append(slot)
    header = _header(key_values, slots)
    return Layout(header=header, slots=tuple(slots), file_bytes=len(header) + offset)


def _header(key_values: Sequence[KeyValue], slots: Sequence[Slot]) -> bytes:
    parts = [_MAGIC, struct.pack("<IQQ", _VERSION, len(slots), len(key_values))]
    parts += [encode(entry) for entry in key_values]
    parts += [_tensor_info(slot) for slot in slots]
    header = b"".join(parts)
    return header + bytes(-len(header) % ALIGNMENT)


def _tensor_info(slot: Slot) -> bytes:
    name, shape = slot.planned.name.encode(), slot.planned.shape[::-1]
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    place = struct.pack("<IQ", slot.number_type.value, slot.offset)
    return struct.pack("<Q", len(name)) + name + sizes + place


def _check_names(names: Sequence[str], *, longest: int) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    too_long = next((name for name in names if not 0 < len(name.encode()) <= longest), None)
    if too_long is not None:
        raise ValueError(f"{too_long[:80]!r} has no possible length")
