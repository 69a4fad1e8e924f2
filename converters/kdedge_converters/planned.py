"""One tensor of the GGUF file to be: where it comes from and what happens on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""Stored numbers: float32, float16, or uint16 holding the bits of BF16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTensor:
    """How one tensor is made from what the checkpoint stores."""

    name: str
    """In the GGUF file."""
    sources: tuple[str, ...]
    """Names in the checkpoint; empty for a tensor that is computed from the configuration."""
    shape: tuple[int, ...]
    """Of the result, in numpy's order (the length of a row last)."""
    build: Callable[[Sequence[Array]], Array]
    """Rearranges the sources (permute, transpose, slice, join) whatever their type: the bits stay
    what they are. Without sources it returns float32."""
    arithmetic: Callable[[Array], Array] | None = None
    """Changes the numbers: gets the built tensor as float32 (float16 stays float16)."""
    keep_f32: bool = False
    """Written as F32 whatever type was asked for: norms, biases, routers."""
    is_kept: bool = False
    """The only source is taken as it is: ``build`` returns it, so it never has to be whole in
    memory."""
