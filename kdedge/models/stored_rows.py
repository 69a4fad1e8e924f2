"""Rows of a master's tensors as float32, a few at a time: the file is mapped, never read whole."""

from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header, TensorInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STORED = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read_rows(
    path: Path, header: Header, tensor: TensorInfo, *, most_rows: int
) -> "list[NDArray[np.float32]]":
    """Return rows of each matrix of ``tensor``, spread evenly over it.

    Args:
        path: The file that ``header`` was read from.
        header: Of that file.
        tensor: One of its tensors, F32, F16 or BF16, of two dimensions or three (experts).
        most_rows: Of all matrices together, about; at least one of each is taken.

    Returns:
        One array of shape (n_rows, row_elements) a matrix.

    Raises:
        KdedgeError: The tensor is quantised, or the file cannot be read.
    """
    import numpy as np

    code = _STORED.get(tensor.quant_type)
    if code is None:
        raise KdedgeError(
            f"{tensor.name} of {path.name} is {tensor.quant_type}: already quantised.",
            hint="Start from an F32, F16 or BF16 file.",
        )
    row_elements, n_rows, n_matrices = (*tensor.shape, 1, 1)[:3]
    try:
        stored = np.memmap(
            path,
            dtype=code,
            mode="r",
            offset=header.data_offset + tensor.offset,
            shape=(n_matrices, n_rows, row_elements),
        )
    except OSError as error:
        raise KdedgeError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check its permissions."
        ) from error
    wanted = min(n_rows, max(1, most_rows // n_matrices))
    places = np.arange(wanted) * n_rows // wanted
    return [_as_float32(matrix[places]) for matrix in stored]


def _as_float32(stored: "NDArray[np.generic]") -> "NDArray[np.float32]":
    import numpy as np

    if stored.dtype.itemsize == 2 and stored.dtype.kind == "u":  # BF16: the upper half of float32
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32)
