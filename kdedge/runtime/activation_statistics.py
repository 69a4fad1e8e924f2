"""How strongly each column of a model's weight matrices is used: sums of squared activations.

llama.cpp shows every node of its graph to a callback. For each product of a weight matrix with
activations, the squares of the activations are summed over all tokens, a column at a time; that is
what an imatrix holds. The rules of what counts are those of llama.cpp's ``llama-imatrix``: at
least 16 tokens at once, one count for a matrix and one for each expert. Besides the weights of the
blocks the output matrix counts, which may be the embeddings too: a fifth of a narrow model.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import llama_cpp.llama_cpp as llama
import numpy as np

from kdedge.core.errors import KdedgeError
from kdedge.runtime.ggml_tensor import F32, GgmlTensor, indices, operations, values

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST_TOKENS = 16
_OUTPUTS = ("output.weight", "token_embd.weight")
_ROWS_AT_ONCE = 16
"""Squares added in float32 before float64 takes over: a relative error below 1e-6."""


@dataclass(slots=True, kw_only=True)
class ColumnSums:
    """What has been summed for one weight matrix, or for a stack of them."""

    sums: "NDArray[np.float64]"
    """Of squares, shape (n_matrices, n_columns)."""
    counts: "NDArray[np.int64]"
    """Tokens that went in: one number for a plain weight, one an expert for experts."""


class ActivationStatistics:
    """Sums over all decodes; ``callback`` is what llama.cpp gets."""

    def __init__(self) -> None:
        """Start with nothing.

        Raises:
            KdedgeError: The installed llama.cpp keeps its tensors in another way.
        """
        self.by_weight: dict[str, ColumnSums] = {}
        """GGUF name of the weight -> its sums."""
        self.callback: Any = llama.ggml_backend_sched_eval_callback(self._see)
        self._product, self._indirect_product = operations()
        self._error: BaseException | None = None
        self._shared: tuple[int, NDArray[np.float64]] | None = None
        self._newest = ""
        self._last = ""
        """The weight that a decode uses last; what follows it need not be computed."""
        self._output = ""
        """The output matrix, once it was seen."""
        self._output_input = ""
        """Name of the activations it is multiplied with: the product itself is not needed."""

    def begin(self) -> None:
        """Say that a new decode begins."""
        self._shared = None
        self._last = self._newest

    def end(self) -> None:
        """Say that the decode is over.

        Raises:
            KdedgeError: Activations are not finite, or a weight changed its shape.
        """
        if self._error is not None:
            raise self._error

    def _see(self, address: int, ask: bool, _: object) -> bool:  # noqa: FBT001 - C's signature
        """Answer whether the node is wanted (``ask``), or take it and answer whether to go on."""
        try:
            node = GgmlTensor.from_address(address)
            if ask:
                return self._wants(node)
            if self._is_output_input(node):
                self._take_output_input(address)
            else:
                self._take(node)
        except BaseException as error:  # noqa: BLE001 - nothing may pass through C; end() raises
            self._error = error
            return False
        return not self._last or self._newest != self._last

    def _wants(self, node: GgmlTensor) -> bool:
        if node.op == self._indirect_product or self._is_output_input(node):
            return True
        if node.op != self._product:
            return False
        inputs = GgmlTensor.from_address(node.src[1])
        if inputs.ne[1] < _FEWEST_TOKENS or inputs.type != F32:
            return False
        return self._wants_product(node, inputs)

    def _wants_product(self, node: GgmlTensor, inputs: GgmlTensor) -> bool:
        name = _weight_name(node)
        if name in _OUTPUTS:
            self._output, self._output_input = name, _text(inputs.name)
            return self._newest != name
        if not name.startswith("blk."):
            return False
        shared = self._shared
        if shared is not None and shared[0] == node.src[1] and name != self._last:
            # Products of the same activations stand side by side (query, key, value): the sums
            # are known, and llama.cpp need not stop for them.
            self._add(name, shared[1], n_tokens=_n_rows(inputs))
            return False
        return True

    def _is_output_input(self, node: GgmlTensor) -> bool:
        return (
            bool(self._output_input)
            and _text(node.name) == self._output_input
            and node.type == F32
            and node.ne[1] >= _FEWEST_TOKENS
        )

    def _take_output_input(self, address: int) -> None:
        activations = values(address)
        sums = column_sums(activations.reshape(-1, activations.shape[-1]))[None]
        n_tokens = activations.size // activations.shape[-1]
        self._add(self._output, sums, n_tokens=n_tokens)

    def _take(self, node: GgmlTensor) -> None:
        name = _weight_name(node)
        weight = GgmlTensor.from_address(node.src[0])
        activations = values(node.src[1])
        if node.op == self._indirect_product:
            chosen = indices(node.src[2])
            self._add_experts(name, activations[0], chosen, n_experts=weight.ne[2])
            return
        n_matrices = weight.ne[2] * weight.ne[3]
        if n_matrices == 1:
            sums = column_sums(activations.reshape(-1, activations.shape[-1]))[None]
            self._shared = (node.src[1], sums)
        else:
            sums = _sums_by_matrix(activations, matrices=(weight.ne[3], weight.ne[2]))
        n_rows = activations.size // activations.shape[-1]
        self._add(name, sums, n_tokens=n_rows // n_matrices)

    def _add(self, name: str, sums: "NDArray[np.float64]", *, n_tokens: int) -> None:
        found = self._entry(name, shape=sums.shape, n_counts=1)
        found.sums += sums
        found.counts += n_tokens
        self._newest = name
        _check_finite(name, sums)

    def _add_experts(
        self,
        name: str,
        activations: "NDArray[np.float32]",
        chosen: "NDArray[np.int32]",
        *,
        n_experts: int,
    ) -> None:
        """Add activations (n_tokens, 1 or n_chosen, n_columns) to experts (n_tokens, n_chosen)."""
        shape = (n_experts, activations.shape[-1])
        found = self._entry(name, shape=shape, n_counts=n_experts)
        for expert in np.unique(chosen):
            token, place = np.nonzero(chosen == expert)
            sums = column_sums(activations[token, place % activations.shape[1]])
            found.sums[expert] += sums
            found.counts[expert] += len(token)
            _check_finite(name, sums)
        self._newest = name

    def _entry(self, name: str, *, shape: tuple[int, ...], n_counts: int) -> ColumnSums:
        found = self.by_weight.get(name)
        if found is None:
            found = self.by_weight[name] = ColumnSums(
                sums=np.zeros(shape), counts=np.zeros(n_counts, dtype=np.int64)
            )
        if found.sums.shape != shape or len(found.counts) != n_counts:
            raise KdedgeError(
                f"llama.cpp uses {name} in two shapes.", hint="No imatrix for this model yet."
            )
        return found


def column_sums(rows: "NDArray[np.float32]") -> "NDArray[np.float64]":
    """Return the sum of squares of each column of ``rows`` (n_rows, n_columns)."""
    n_rows, n_columns = rows.shape
    whole = n_rows // _ROWS_AT_ONCE * _ROWS_AT_ONCE
    groups = rows[:whole].reshape(-1, _ROWS_AT_ONCE, n_columns)
    rest = rows[whole:]
    sums: NDArray[np.float64]
    with np.errstate(over="ignore", invalid="ignore"):  # looked for once they are added up
        sums = np.einsum("kij,kij->kj", groups, groups).sum(axis=0, dtype=np.float64)
        sums += np.einsum("ij,ij->j", rest, rest)
    return sums


def _sums_by_matrix(
    activations: "NDArray[np.float32]", *, matrices: tuple[int, int]
) -> "NDArray[np.float64]":
    """Return sums of (ne3, ne2, rows, columns) for each matrix of a stack (ne3, ne2)."""
    sums = np.zeros((*matrices, activations.shape[-1]))
    for outer, inner in np.ndindex(activations.shape[:2]):
        target = sums[outer % matrices[0], inner % matrices[1]]
        target += column_sums(activations[outer, inner])
    return sums.reshape(-1, activations.shape[-1])


def _check_finite(name: str, sums: "NDArray[np.float64]") -> None:
    if not np.isfinite(sums).all():
        raise KdedgeError(
            f"The activations that reach {name} are not finite.",
            hint="The model's own numbers overflow: make its file in F32 or BF16.",
        )


def _weight_name(node: GgmlTensor) -> str:
    """Return the name of a weight; on devices it is wrapped, ``CUDA0#blk.0.attn_k.weight#0``."""
    name = _text(GgmlTensor.from_address(node.src[0]).name)
    parts = name.split("#")
    return parts[1] if len(parts) > 1 else name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _n_rows(tensor: GgmlTensor) -> int:
    rows: int = tensor.ne[1] * tensor.ne[2] * tensor.ne[3]
    return rows
