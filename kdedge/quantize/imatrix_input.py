"""An imatrix as the quantiser takes it: checked against the model and laid out for the child."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge.core.files import raise_cannot_write
from kdedge.models.header import Header, TensorInfo
from kdedge.models.identity import sha256_of
from kdedge.quantize.lineage import ImatrixFacts
from kdedge.runtime.quantizer_client import RawImatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = re.compile(r"blk\.(\d+)\.")
_SHOWN_NAMES = 3
MAKE_IMATRIX = "Make one of this model with `kdedge imatrix MODEL --text FILE -o FILE`."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedImatrix:
    """Activation statistics that belong to the model."""

    facts: ImatrixFacts
    raw: RawImatrix
    """Where the child reads them; there while ``imatrix_for`` is open."""

    @property
    def names(self) -> frozenset[str]:
        """Return the tensors that have statistics."""
        return frozenset(name for name, _, _ in self.raw.entries)


@contextmanager
def imatrix_for(path: Path | None, *, header: Header) -> Iterator[CheckedImatrix | None]:
    """Give the imatrix at ``path``, checked against the model; nothing for no path.

    Yields:
        The imatrix; its raw numbers lie in a temporary file until the end.

    Raises:
        KdedgeError: The file is broken, or its tensors are not those of the model.
    """
    if path is None:
        yield None
        return
    from kdedge.quantize.imatrix_file import read_imatrix

    imatrix = read_imatrix(path)
    _check_belongs(imatrix.statistics, header=header, path=path)
    with tempfile.TemporaryDirectory(prefix="kdedge-imatrix-") as folder:
        raw = _written(imatrix.statistics, Path(folder) / "numbers")
        yield CheckedImatrix(
            facts=ImatrixFacts(
                file_name=path.name,
                sha256=sha256_of(path),
                n_entries=len(raw.entries),
                dataset=imatrix.datasets[0] if imatrix.datasets else "",
                n_chunks=imatrix.n_chunks,
            ),
            raw=raw,
        )


def some_names(names: Sequence[str]) -> str:
    """Return the first few of ``names`` and how many more there are."""
    shown = ", ".join(names[:_SHOWN_NAMES])
    more = len(names) - _SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _check_belongs(
    statistics: Mapping[str, "NDArray[np.float32]"], *, header: Header, path: Path
) -> None:
    tensors = {tensor.name: tensor for tensor in header.tensors}
    unknown = [name for name in statistics if name not in tensors]
    if unknown:
        _refuse(path, f"it has {some_names(unknown)}, the model does not")
    for name, values in statistics.items():
        wanted = _length(tensors[name])
        if values.size != wanted:
            _refuse(path, f"{name} has {values.size} numbers there and {wanted} in the model")
    told = {_block(name) for name in statistics}
    silent = sorted({_block(name) for name in tensors} - told - {None}, key=str)
    if silent:
        _refuse(path, f"it says nothing about block {silent[0]} of the model")


def _length(tensor: TensorInfo) -> int:
    """Return how many numbers llama.cpp wants: one a column, for each expert."""
    shape = (*tensor.shape, 1, 1, 1)
    return shape[0] * shape[2]


def _block(name: str) -> int | None:
    found = _BLOCK.match(name)
    return int(found[1]) if found else None


def _refuse(path: Path, difference: str) -> None:
    raise KdedgeError(f"{path} is the imatrix of another model: {difference}.", hint=MAKE_IMATRIX)


def _written(statistics: Mapping[str, "NDArray[np.float32]"], path: Path) -> RawImatrix:
    """Write the numbers one tensor after another, and return where each lies."""
    entries = []
    start = 0
    try:
        with path.open("wb") as file:
            for name, values in statistics.items():
                file.write(values.astype("float32", copy=False).tobytes())
                entries.append((name, start, int(values.size)))
                start += values.size
    except OSError as error:
        raise_cannot_write(path, error)
    return RawImatrix(path=path, entries=tuple(entries))
