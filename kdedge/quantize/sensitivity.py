"""How far each candidate type would move the output of each weight matrix.

With weights w of a row, their rounded values v and the mean squared activation a of each column,
the expected squared change of an output is sum over columns of a (w - v)^2 for inputs whose
columns are uncorrelated. Divided by the expected squared output itself this is a relative error,
which says of tensors of one kind how much each hurts; kinds are told apart by measuring
(``probing``).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Progress, Sink, ignore
from kdedge.models.header import Header, TensorInfo, read_header
from kdedge.models.stored_rows import read_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CANDIDATE_TYPES = (
    "Q2_K", "Q3_K", "IQ4_XS", "Q4_0", "IQ4_NL", "Q4_K", "Q4_1", "Q5_0", "Q5_K", "Q5_1", "Q6_K",
    "Q8_0",
)  # fmt: skip
"""Types that a mix is made of, smallest first."""
_MOST_ROWS = 512
"""Rows of a tensor that are rounded: enough for a few percent, whatever the tensor's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorErrors:
    """One weight matrix and what each type would make of it."""

    name: str
    shape: tuple[int, ...]
    """As in the file: the length of a row first."""
    errors: Mapping[str, float]
    """Type -> relative squared error of the output; only types that the rows fit."""
    n_bytes: Mapping[str, int]
    """Type -> size of the tensor."""

    @property
    def n_elements(self) -> int:
        """Return how many weights it has."""
        count = 1
        for length in self.shape:
            count *= length
        return count


def tensor_errors(
    master: Path,
    importance: "Mapping[str, NDArray[np.float32]]",
    *,
    names: Sequence[str],
    quant_types: Sequence[str] = CANDIDATE_TYPES,
    sink: Sink = ignore,
) -> tuple[TensorErrors, ...]:
    """Return the errors of the tensors called ``names``.

    Args:
        master: An F32, F16 or BF16 GGUF file.
        importance: Tensor -> mean squared activation of each column, one after another for each
            expert. Columns of a tensor that is not in it count alike.
        names: Tensors that could be quantised.
        quant_types: What to try.
        sink: Told of each tensor.

    Raises:
        KdedgeError: The file is quantised already, holds numbers that are not finite, or the
            statistics are not those of this model.
    """
    header = read_header(master)
    tensors = {tensor.name: tensor for tensor in header.tensors}
    found = []
    for done, name in enumerate(names):
        sink(Progress(phase="rounding", done=done, total=len(names), unit="tensors", detail=name))
        found.append(
            _errors_of(
                (master, header, tensors[name]), importance.get(name), quant_types=quant_types
            )
        )
    return tuple(found)


def _errors_of(
    place: tuple[Path, Header, TensorInfo],
    importance: "NDArray[np.float32] | None",
    *,
    quant_types: Sequence[str],
) -> TensorErrors:
    from kdedge.runtime.quant_blocks import block_type, bytes_of

    path, header, tensor = place
    matrices = read_rows(path, header, tensor, most_rows=_MOST_ROWS)
    columns = _columns(tensor, len(matrices), importance)
    _check_finite(path, tensor, matrices)
    fitting = [
        each for each in quant_types if tensor.shape[0] % block_type(each).block_elements == 0
    ]
    with ThreadPoolExecutor() as threads:  # round trips let go of the interpreter
        errors = threads.map(lambda each: _relative_error(matrices, columns, each), fitting)
        return TensorErrors(
            name=tensor.name,
            shape=tensor.shape,
            errors=dict(zip(fitting, errors, strict=True)),
            n_bytes={each: bytes_of(tensor.shape, each) for each in fitting},
        )


def _columns(
    tensor: TensorInfo, n_matrices: int, importance: "NDArray[np.float32] | None"
) -> "NDArray[np.float32] | None":
    """Return the importance of each column of each matrix, shape (n_matrices, row_elements).

    Raises:
        KdedgeError: There are not as many numbers as columns.
    """
    if importance is None:
        return None
    if importance.size != n_matrices * tensor.shape[0]:
        raise KdedgeError(
            f"The imatrix has {importance.size} numbers for {tensor.name}, which has rows of"
            f" {tensor.shape[0]}.",
            hint="It is of another model: make one of this with `kdedge imatrix`.",
        )
    return importance.reshape(n_matrices, tensor.shape[0])


def _check_finite(
    path: Path, tensor: TensorInfo, matrices: "Sequence[NDArray[np.float32]]"
) -> None:
    """Refuse numbers that ggml would end the process for.

    Raises:
        KdedgeError: There is one.
    """
    import numpy as np

    if not all(np.isfinite(matrix).all() for matrix in matrices):
        raise KdedgeError(
            f"{tensor.name} of {path.name} holds numbers that are not finite.",
            hint="The file is damaged or its training diverged: make it again.",
        )


def _relative_error(
    matrices: "Sequence[NDArray[np.float32]]",
    columns: "NDArray[np.float32] | None",
    quant_type: str,
) -> float:
    import numpy as np

    from kdedge.runtime.quant_blocks import round_trip

    changed = whole = 0.0
    for place, rows in enumerate(matrices):
        weights = None if columns is None else columns[place]
        scale = np.ones(rows.shape[1], dtype=np.float32) if weights is None else weights
        rounded = round_trip(rows, quant_type, importance=weights, n_threads=1)
        changed += float((np.square(rows - rounded).sum(axis=0, dtype=np.float64) * scale).sum())
        whole += float((np.square(rows).sum(axis=0, dtype=np.float64) * scale).sum())
    return changed / whole if whole else 0.0
