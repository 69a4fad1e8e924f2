"""What a tensor goes through between a checkpoint and a GGUF file, and the way back.

A rearrangement moves stored bits and never changes one, so it is right for every number type.
``apply`` takes the checkpoint's tensors to the file's; ``undo`` is its exact inverse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kdedge_converters.planned import Array

Shape = tuple[int, ...]


class Rearrangement(Protocol):
    """Moves the numbers of one or more tensors into another one."""

    @property
    def n_sources(self) -> int:
        """Return how many tensors of the checkpoint it takes."""

    def shape(self, source: Shape) -> Shape:
        """Return the shape of the result when every source has the shape ``source``."""

    def apply(self, sources: Sequence[Array]) -> Array:
        """Return the tensor of the GGUF file."""

    def undo(self, result: Array) -> tuple[Array, ...]:
        """Return the tensors of the checkpoint."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Leaves a tensor as it is."""

    n_sources: int = 1

    def shape(self, source: Shape) -> Shape:
        """Return ``source``."""
        return source

    def apply(self, sources: Sequence[Array]) -> Array:
        """Return the only source."""
        return sources[0]

    def undo(self, result: Array) -> tuple[Array, ...]:
        """Return ``result`` alone."""
        return (result,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermuteHeads:
    """Reorders the rows of a query or key projection for the other layout of rotary positions.

    Transformers rotates element i of a head with element i + half; llama.cpp's "normal" layout
    rotates neighbours. So within each head the halves are interleaved: 0, half, 1, half + 1, ...
    A bias (one dimension) is reordered in the same way.
    """

    n_heads: int
    n_sources: int = 1

    def shape(self, source: Shape) -> Shape:
        """Return ``source``."""
        return source

    def apply(self, sources: Sequence[Array]) -> Array:
        """Return the rows, the halves of each head interleaved."""
        return self._swapped(sources[0], (self.n_heads, 2, -1))

    def undo(self, result: Array) -> tuple[Array, ...]:
        """Return the rows, each head's even ones before its odd ones."""
        return (self._swapped(result, (self.n_heads, -1, 2)),)

    def _swapped(self, rows: Array, split: Shape) -> Array:
        if self.n_heads == 0 or len(rows) % (2 * self.n_heads):
            raise ValueError(f"{len(rows)} rows are no {self.n_heads} heads of even size")
        parts = rows.reshape(*split, *rows.shape[1:])
        return np.ascontiguousarray(parts.swapaxes(1, 2)).reshape(rows.shape)


@dataclass(frozen=True, slots=True)
class Transpose:
    """Swaps rows and columns: GPT-2 stores its projections input first."""

    n_sources: int = 1

    def shape(self, source: Shape) -> Shape:
        """Return ``source`` backwards."""
        return source[::-1]

    def apply(self, sources: Sequence[Array]) -> Array:
        """Return the source with rows and columns swapped."""
        return np.ascontiguousarray(sources[0].T)

    def undo(self, result: Array) -> tuple[Array, ...]:
        """Return ``result`` with rows and columns swapped."""
        return (np.ascontiguousarray(result.T),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Lays tensors of the same shape on each other: one norm per head becomes one tensor."""

    n_sources: int

    def shape(self, source: Shape) -> Shape:
        """Return (n_sources, *source)."""
        return (self.n_sources, *source)

    def apply(self, sources: Sequence[Array]) -> Array:
        """Return the sources stacked along a new first axis."""
        return np.stack(sources)

    def undo(self, result: Array) -> tuple[Array, ...]:
        """Return the slices along the first axis."""
        return tuple(np.ascontiguousarray(part) for part in result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Adds a constant: Gemma stores a norm's weight as its difference from 1."""

    amount: float

    def apply(self, numbers: Array) -> Array:
        """Return the sum, of the type ``numbers`` have."""
        total: Array = numbers + numbers.dtype.type(self.amount)
        return total

    def undo(self, numbers: Array) -> Array:
        """Return the difference; exact when the sum was."""
        total: Array = numbers - numbers.dtype.type(self.amount)
        return total


KEEP = Keep()
TRANSPOSE = Transpose()
ADD_ONE = Add(amount=1.0)
