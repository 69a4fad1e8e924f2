"""Activation statistics as a file: llama.cpp's own GGUF imatrix format, and its older one.

For each weight the file keeps sums of squared activations and how many tokens went in, so that
files can be added up. Readable by llama-imatrix and llama-quantize.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kdedge.core.errors import KdedgeError
from kdedge.core.files import whole_file
from kdedge.models.header import Header, TensorInfo, read_header
from kdedge.quantize.legacy_imatrix import read_legacy_imatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUMS, COUNTS = ".in_sum2", ".counts"
_MAKE_IT = "Make it again with `kdedge imatrix`."
_MAGIC = b"GGUF"
_TEXT_KEY, _MODEL_KEY = "kdedge.imatrix.text_sha256", "kdedge.imatrix.model_sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImatrixEntry:
    """What went into one weight matrix, or into a stack of them."""

    sums: "NDArray[np.float64]"
    """Of squared activations, shape (n_counts, n_columns of what shares a count)."""
    counts: "NDArray[np.float64]"
    """Tokens that were summed: one number, or one an expert."""


@dataclass(frozen=True, kw_only=True)
class Imatrix:
    """Statistics of all weights of one model, and what they come from."""

    entries: Mapping[str, ImatrixEntry]
    """GGUF name of the weight -> its sums."""
    datasets: tuple[str, ...] = ()
    """Names of the texts."""
    n_chunks: int
    chunk_tokens: int
    """0 in files of the older format, which do not say it."""
    text_sha256: str | None = None
    """Of the text, in files that kdedge made from one."""
    model_sha256: str | None = None

    @cached_property
    def statistics(self) -> "dict[str, NDArray[np.float32]]":
        """Return the mean square of each column of each weight, flat, as a quantiser wants it.

        Experts that no token reached get 1 everywhere: nothing is known, all columns count alike.
        """
        return {name: _means(entry) for name, entry in self.entries.items()}


def read_imatrix(path: Path) -> Imatrix:
    """Return the statistics in the file at ``path``.

    Raises:
        KdedgeError: There is no such file, it is no imatrix, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            is_gguf = file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise KdedgeError(
            f"{path} cannot be read: {error.strerror or error}.",
            hint="Make one with `kdedge imatrix MODEL -o FILE`.",
        ) from error
    imatrix = _read_gguf(path) if is_gguf else _from_legacy(path)
    for name, entry in imatrix.entries.items():
        _check_values(path, name, entry)
    return imatrix


def write_imatrix(path: Path, imatrix: Imatrix) -> None:
    """Write ``imatrix`` to ``path``, whole or not at all; equal contents give equal bytes.

    Raises:
        KdedgeError: The file cannot be written.
    """
    import numpy as np
    from gguf import GGUFWriter

    with whole_file(path) as partial:
        writer = GGUFWriter(str(partial), "imatrix")
        writer.add_type("imatrix")
        writer.add_array("imatrix.datasets", list(imatrix.datasets) or [""])
        writer.add_uint32("imatrix.chunk_count", imatrix.n_chunks)
        writer.add_uint32("imatrix.chunk_size", imatrix.chunk_tokens)
        for key, value in ((_TEXT_KEY, imatrix.text_sha256), (_MODEL_KEY, imatrix.model_sha256)):
            if value is not None:
                writer.add_string(key, value)
        for name, entry in sorted(imatrix.entries.items()):
            writer.add_tensor(name + SUMS, entry.sums.astype(np.float32))
            writer.add_tensor(name + COUNTS, entry.counts.astype(np.float32)[:, None])
        try:
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
        finally:
            writer.close()


def _means(entry: ImatrixEntry) -> "NDArray[np.float32]":
    import numpy as np

    counts = entry.counts[:, None]
    means = np.divide(entry.sums, counts, out=np.ones_like(entry.sums), where=counts > 0)
    return means.astype(np.float32).ravel()


def _read_gguf(path: Path) -> Imatrix:
    header = read_header(path)
    if header.text("general.type") != "imatrix":
        raise KdedgeError(
            f"{path} is a GGUF file, but no imatrix.",
            hint="Make one with `kdedge imatrix MODEL -o FILE`.",
        )
    tensors = {tensor.name: tensor for tensor in header.tensors}
    names = [name.removesuffix(SUMS) for name in tensors if name.endswith(SUMS)]
    if not names or 2 * len(names) != len(tensors):
        _refuse(path, "sums and counts do not go together")
    entries = {}
    for name in names:
        sums, counts = (_values(path, header, tensors.get(name + end)) for end in (SUMS, COUNTS))
        if sums.size % counts.size:
            _refuse(path, f"{name} has {sums.size} sums for {counts.size} counts")
        entries[name] = ImatrixEntry(sums=sums.reshape(counts.size, -1), counts=counts)
    datasets = header.metadata.get("imatrix.datasets")
    return Imatrix(
        entries=entries,
        datasets=tuple(str(each) for each in datasets) if isinstance(datasets, tuple) else (),
        n_chunks=_whole(path, header, "imatrix.chunk_count"),
        chunk_tokens=_whole(path, header, "imatrix.chunk_size"),
        text_sha256=header.text(_TEXT_KEY),
        model_sha256=header.text(_MODEL_KEY),
    )


def _values(path: Path, header: Header, tensor: TensorInfo | None) -> "NDArray[np.float64]":
    import numpy as np

    if tensor is None or tensor.quant_type != "F32":
        _refuse(path, "a tensor is missing or not F32")
    offset = header.data_offset + tensor.offset
    return np.fromfile(path, "<f4", count=tensor.n_elements, offset=offset).astype(np.float64)


def _from_legacy(path: Path) -> Imatrix:
    import numpy as np

    try:
        found = read_legacy_imatrix(path.read_bytes())
    except (ValueError, struct.error) as error:
        raise KdedgeError(
            f"{path} is neither a GGUF imatrix nor one of the older format: {error}.",
            hint=_MAKE_IT,
        ) from error
    return Imatrix(
        entries={
            name: ImatrixEntry(
                sums=np.array(values, dtype=np.float64)[None],
                counts=np.array([float(n_calls)]),
            )
            for name, (n_calls, values) in found.entries.items()
        },
        datasets=(found.dataset,) if found.dataset else (),
        n_chunks=found.n_chunks,
        chunk_tokens=0,
    )


def _whole(path: Path, header: Header, key: str) -> int:
    value = header.metadata.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        _refuse(path, f"{key} is missing or no count")
    return value


def _check_values(path: Path, name: str, entry: ImatrixEntry) -> None:
    import numpy as np

    for values in (entry.sums, entry.counts):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            _refuse(path, f"{name} has numbers that are no sums of squares")


def _refuse(path: Path, reason: str) -> NoReturn:
    raise KdedgeError(f"{path} is no imatrix that can be used: {reason}.", hint=_MAKE_IT)
