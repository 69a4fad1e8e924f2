"""A GGUF file written tensor by tensor: one in memory at a time, and in slices where it grows.

The bytes depend on the input alone: no dates, no paths, no order that could change.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from kdedge_converters.errors import CancelledError, ConversionError
from kdedge_converters.layout import Layout, Slot
from kdedge_converters.number_types import check_numbers, converted, type_of, widened
from kdedge_converters.partial_file import partial_file
from kdedge_converters.planned import Array

SLICE_NUMBERS = 1024 * 1024
"""Converted, checked, hashed and written at once: they stay in the processor's cache."""
_SPARE_BYTES = 16 * 1024**2

Progress = Callable[[int, int, str], None]
"""Gets tensors done, tensors in all, and the name of the next."""


def write_gguf(
    layout: Layout,
    target: Path,
    *,
    read: Callable[[str], Array],
    progress: Progress,
    cancelled: Callable[[], bool],
) -> str:
    """Write the file ``layout`` describes to ``target``, whole or not at all; return its sha256.

    Args:
        layout: The file to be.
        target: Where it goes; an earlier file is replaced at the end.
        read: Gives the stored numbers of a tensor of the checkpoint.
        progress: Told before each tensor and at the end.
        cancelled: Asked between slices; true stops the work.

    Raises:
        ConversionError: Numbers are not finite or do not fit their type, the disk is full or
            cannot be written, or the work was cancelled. Then nothing is left behind.
    """
    _check_space(layout, target)
    digest = hashlib.sha256()
    with partial_file(target) as file:

        def put(data: bytes | memoryview) -> None:
            if cancelled():
                raise CancelledError(
                    f"{target} was not written: cancelled.", hint="Start again when you like."
                )
            digest.update(data)
            _write_all(file.write, data)

        put(layout.header)
        for number, slot in enumerate(layout.slots):
            progress(number, len(layout.slots), slot.planned.name)
            for part in _slices(slot, [read(name) for name in slot.planned.sources]):
                put(part.data.cast("B"))
            put(bytes(slot.padding_bytes))
        progress(len(layout.slots), len(layout.slots), "")
    return digest.hexdigest()


def _check_space(layout: Layout, target: Path) -> None:
    try:
        free_bytes = shutil.disk_usage(target.parent).free
    except OSError:
        return  # opening the file tells what is wrong with the folder
    if free_bytes < layout.file_bytes + _SPARE_BYTES:
        needed, free = layout.file_bytes / 1024**2, free_bytes / 1024**2
        raise ConversionError(
            f"{target} needs {needed:.0f} MiB, but {free:.0f} MiB are free there.",
            hint="Free some space, choose another disk, or a smaller --dtype.",
        )


def _write_all(
    write: Callable[[bytes | memoryview], int | None], data: bytes | memoryview
) -> None:
    view = memoryview(data)
    while view:
        view = view[write(view) or 0 :]


def _slices(slot: Slot, sources: Sequence[Array]) -> Iterator[Array]:
    """Yield the tensor's numbers in their final type, checked, in contiguous pieces.

    Raises:
        ValueError: What was built is not what was planned: a fault of the family.
    """
    planned = slot.planned
    built = planned.build(sources)
    if planned.arithmetic is not None:
        check_numbers(np.ascontiguousarray(built), type_of(built), name=planned.name)
        built = planned.arithmetic(widened(built))
    if built.shape != planned.shape:
        raise ValueError(f"{planned.name} was planned as {planned.shape}, built as {built.shape}")
    for part in _pieces(built):
        check_numbers(part, slot.number_type, name=planned.name)
        yield converted(part, slot.number_type)


def _pieces(numbers: Array) -> Iterator[Array]:
    if numbers.flags.c_contiguous:
        flat = numbers.reshape(-1)
        for start in range(0, flat.size, SLICE_NUMBERS):
            yield flat[start : start + SLICE_NUMBERS]
        return
    n_rows = max(1, SLICE_NUMBERS * numbers.shape[0] // numbers.size)
    for start in range(0, numbers.shape[0], n_rows):
        yield np.ascontiguousarray(numbers[start : start + n_rows])
