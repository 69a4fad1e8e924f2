"""Adds imatrix files up: sums and counts of the same weight, chunk by chunk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

from kdedge.core.errors import KdedgeError
from kdedge.quantize.imatrix_file import Imatrix, ImatrixEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Value = TypeVar("_Value")


def add_imatrices(parts: Sequence[Imatrix]) -> Imatrix:
    """Return the statistics of all ``parts`` together.

    A file of the older format counts chunks instead of tokens; it is scaled by the chunk length
    of the others.

    Raises:
        ValueError: There are no parts.
        KdedgeError: They are not of one model.
    """
    if not parts:
        raise ValueError("nothing to add")
    chunk_tokens = max(part.chunk_tokens for part in parts)
    names = parts[0].entries.keys()
    for part in parts[1:]:
        if part.entries.keys() != names:
            odd = min(part.entries.keys() ^ names)
            _refuse(f"{odd} is not in all of them")
    scales = [1 if part.chunk_tokens else max(chunk_tokens, 1) for part in parts]
    return Imatrix(
        entries={
            name: _add(name, [part.entries[name] for part in parts], scales) for name in names
        },
        datasets=tuple(dict.fromkeys(name for part in parts for name in part.datasets)),
        n_chunks=sum(part.n_chunks for part in parts),
        chunk_tokens=chunk_tokens,
        text_sha256=_if_same([part.text_sha256 for part in parts]),
        model_sha256=_if_same([part.model_sha256 for part in parts]),
    )


def _add(name: str, entries: Sequence[ImatrixEntry], scales: Sequence[int]) -> ImatrixEntry:
    sizes = {entry.sums.size for entry in entries}
    if len(sizes) > 1:
        _refuse(f"{name} has {' and '.join(map(str, sorted(sizes)))} columns")
    n_counts = max(len(entry.counts) for entry in entries)
    whole = [_with_counts(name, entry, n_counts) for entry in entries]
    scaled = list(zip(whole, scales, strict=True))
    return ImatrixEntry(
        sums=_total([entry.sums * scale for entry, scale in scaled]),
        counts=_total([entry.counts * scale for entry, scale in scaled]),
    )


def _with_counts(name: str, entry: ImatrixEntry, n_counts: int) -> ImatrixEntry:
    """Return ``entry`` with a count for each expert; the older format has one for all."""
    if len(entry.counts) == n_counts:
        return entry
    if len(entry.counts) != 1 or entry.sums.size % n_counts:
        _refuse(f"{name} has {len(entry.counts)} and {n_counts} experts")
    return ImatrixEntry(
        sums=entry.sums.reshape(n_counts, -1), counts=entry.counts.repeat(n_counts)
    )


def _total(arrays: "Sequence[NDArray[np.float64]]") -> "NDArray[np.float64]":
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total


def _if_same(values: Sequence[_Value | None]) -> _Value | None:
    return values[0] if len(set(values)) == 1 else None


def _refuse(difference: str) -> NoReturn:
    raise KdedgeError(
        f"These imatrix files are not of one model: {difference}.",
        hint="Merge only files that were made from the same model.",
    )
