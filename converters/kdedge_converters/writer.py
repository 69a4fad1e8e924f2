"""A GGUF file written tensor by tensor, in slices: no more is in memory than has to be.

The bytes depend on the input alone: no dates, no paths, no order that could change.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol, Self

import numpy as np

from kdedge_converters.errors import ConversionError
from kdedge_converters.layout import Layout, Slot
from kdedge_converters.number_types import check_numbers, converted, type_of, widened
from kdedge_converters.partial_file import partial_file
from kdedge_converters.planned import Array, PlannedTensor

SLICE_NUMBERS = 1024 * 1024
"""Read, checked, converted, hashed and written at once: they stay in the processor's cache."""
_SPARE_BYTES = 16 * 1024**2
_WORTH_A_THREAD_BYTES = 256 * 1024

Progress = Callable[[int, int, str], None]
"""Gets tensors done, tensors in all, and the name of the next."""


class Source(Protocol):
    """Where the stored numbers come from: a checkpoint."""

    def read(self, name: str) -> Array:
        """Return all numbers of a tensor."""
        ...

    def pieces(self, name: str, *, most_numbers: int) -> Iterator[Array]:
        """Return an iterator over the numbers of a tensor; a piece lasts until the next."""
        ...


def write_gguf(
    layout: Layout,
    target: Path,
    *,
    source: Source,
    progress: Progress,
) -> str:
    """Write the file ``layout`` describes to ``target``, whole or not at all; return its sha256.

    Args:
        layout: The file to be.
        target: Where it goes; an earlier file is replaced at the end.
        source: The checkpoint that ``layout`` was planned for.
        progress: Told before each tensor and at the end.

    Raises:
        ConversionError: Numbers are not finite or do not fit their type, or the disk is full or
            cannot be written. Then, as after any other exception, nothing is left behind.
    """
    _check_space(layout, target)
    with partial_file(target) as file, _HashedFile(file) as out:
        out.put(layout.header)
        for number, slot in enumerate(layout.slots):
            progress(number, len(layout.slots), slot.planned.name)
            for numbers in _final_numbers(slot, source):
                out.put(numbers.data.cast("B"))
            out.put(bytes(slot.padding_bytes))
        progress(len(layout.slots), len(layout.slots), "")
        return out.sha256()


class _HashedFile:
    """Writes and hashes at the same time: each takes about as long as the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._thread = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def put(self, data: bytes | memoryview) -> None:
        """Add ``data``, which may change once this returns."""
        if len(data) < _WORTH_A_THREAD_BYTES:
            self._digest.update(data)
            self._write(data)
            return
        hashed = self._thread.submit(self._digest.update, data)
        try:
            self._write(data)
        finally:
            hashed.result()

    def sha256(self) -> str:
        """Return the hash of all that was put."""
        return self._digest.hexdigest()

    def _write(self, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]


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


def _final_numbers(slot: Slot, source: Source) -> Iterator[Array]:
    """Yield the tensor's numbers in their final type, checked, in contiguous pieces."""
    for numbers in _built(slot.planned, source):
        check_numbers(numbers, slot.number_type, name=slot.planned.name)
        yield converted(numbers, slot.number_type)


def _built(planned: PlannedTensor, source: Source) -> Iterator[Array]:
    """Yield the tensor's numbers before they get their final type.

    Raises:
        ValueError: What was built is not what was planned: a fault of the family.
    """
    if planned.is_kept and planned.arithmetic is None:
        yield from source.pieces(planned.sources[0], most_numbers=SLICE_NUMBERS)
        return
    built = planned.build([source.read(name) for name in planned.sources])
    if planned.arithmetic is not None:
        check_numbers(np.ascontiguousarray(built), type_of(built), name=planned.name)
        built = planned.arithmetic(widened(built))
    if built.shape != planned.shape:
        raise ValueError(f"{planned.name} was planned as {planned.shape}, built as {built.shape}")
    yield from _pieces(built)


def _pieces(numbers: Array) -> Iterator[Array]:
    if numbers.flags.c_contiguous:
        flat = numbers.reshape(-1)
        for start in range(0, flat.size, SLICE_NUMBERS):
            yield flat[start : start + SLICE_NUMBERS]
        return
    n_rows = max(1, SLICE_NUMBERS * numbers.shape[0] // numbers.size)
    for start in range(0, numbers.shape[0], n_rows):
        yield np.ascontiguousarray(numbers[start : start + n_rows])
