"""The parent's side of the child that gathers activation statistics."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.runtime.child_process import ChildProcess
from kdedge.runtime.shared_memory import make_shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROTOCOL = 1
_FLOAT_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightActivations:
    """What went into one weight matrix, or into a stack of them."""

    name: str
    """GGUF name of the weight."""
    sums: "NDArray[np.float64]"
    """Of squared activations, shape (n_matrices, n_columns)."""
    counts: "NDArray[np.float64]"
    """Tokens that were summed: one number, or one an expert."""


class ActivationClient(ChildProcess):
    """One child with one model; a context manager that never leaves it behind."""

    def __init__(self) -> None:
        """Start the child.

        Raises:
            KdedgeError: It does not come up, or the installed llama.cpp is too different.
        """
        super().__init__(
            "kdedge.runtime.activation_service",
            name="The model process",
            protocol=PROTOCOL,
            environment={},
        )
        self._n_done = 0
        self._is_running = False

    def load(
        self, path: Path, *, chunk_tokens: int, n_threads: int | None = None, n_gpu_layers: int = 0
    ) -> None:
        """Load ``path`` in the child; once.

        Raises:
            KdedgeError: It cannot be loaded, or the child died trying.
        """
        self.name = f"The process that loads {path.name}"
        self.send(
            {
                "op": "load",
                "path": str(path),
                "chunk_tokens": chunk_tokens,
                "n_threads": n_threads,
                "n_gpu_layers": n_gpu_layers,
            }
        )
        self.read()
        self.name = f"The process that runs {path.name}"

    def take_text(self, text: str) -> int:
        """Give the text whose chunks are to be run; return its length in tokens.

        Raises:
            KdedgeError: The child died.
        """
        self.send({"op": "text", "text": text})
        n_tokens: int = self.read()["n_tokens"]
        return n_tokens

    def run_chunk(self, number: int) -> None:
        """Run one chunk of the text.

        Raises:
            KdedgeError: llama.cpp failed, activations are not finite, or the child died.
        """
        self._is_running = True
        self.send({"op": "chunk", "number": number})
        self.finish_chunk()

    def finish_chunk(self) -> int:
        """Wait for the chunk that an interrupted ``run_chunk`` left; return how many are done.

        Raises:
            KdedgeError: See ``run_chunk``.
        """
        if self._is_running:
            self.read()
            self._is_running = False
            self._n_done += 1
        return self._n_done

    def statistics(self) -> list[WeightActivations]:
        """Return what all chunks so far add up to, by the name of the weight.

        Raises:
            KdedgeError: There is no room for it, or the child died.
        """
        import numpy as np

        self.send({"op": "sizes"})
        weights: list[tuple[str, int, int, int]] = self.read()["weights"]
        total = sum(matrices * columns + counts for _, matrices, columns, counts in weights)
        if not total:
            return []
        path, memory = make_shared(total * _FLOAT_BYTES)
        try:
            self.send({"op": "sums", "path": str(path)})
            self.read()
        finally:
            path.unlink()
        return sorted(_cut(weights, np.frombuffer(memory)), key=lambda weight: weight.name)


def _cut(
    weights: list[tuple[str, int, int, int]], numbers: "NDArray[np.float64]"
) -> Iterator[WeightActivations]:
    at = 0
    for name, n_matrices, n_columns, n_counts in weights:
        middle = at + n_matrices * n_columns
        sums = numbers[at:middle].reshape(n_matrices, n_columns)
        at = middle + n_counts
        yield WeightActivations(name=name, sums=sums, counts=numbers[middle:at])
