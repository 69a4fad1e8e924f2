"""Whether a model goes into memory with a context: the steps of the slider and the forecast."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge.models.footprint import ContextLayout, Footprint, predict

if TYPE_CHECKING:
    from kdedge.core.machine import MachineFacts
    from kdedge.models.header import Header

LEAST_TOKENS = 512
USUAL_TOKENS = 4096
_MOST_TOKENS = 131_072
"""Offered where the header does not tell what the model was made for."""
MOST_SEQUENCES = 64
"""As `kdedge evaluate --parallel` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextWanted:
    """The context that is wanted."""

    context_tokens: int
    n_sequences: int = 1


def context_steps(context_length: int | None) -> tuple[int, ...]:
    """Return the contexts to choose from: doubling, up to what the model was made for."""
    most = max(1, context_length or _MOST_TOKENS)
    steps = []
    tokens = LEAST_TOKENS
    while tokens < most:
        steps.append(tokens)
        tokens *= 2
    return (*steps, most)


def step_near(steps: tuple[int, ...], tokens: int) -> int:
    """Return the number of the largest of ``steps`` not over ``tokens``; else of the first."""
    return max((at for at, step in enumerate(steps) if step <= tokens), default=0)


def forecast(
    header: "Header",
    wanted: ContextWanted,
    *,
    machine: "MachineFacts",
    available_bytes: int | None = None,
) -> Footprint | KdedgeError:
    """Return what the model will take, or why that cannot be told.

    Args:
        header: Of the model.
        wanted: The context it is to get.
        machine: Where it would run.
        available_bytes: What is free now, where that is known better than in ``machine``.
    """
    if available_bytes is not None:
        machine = replace(machine, memory_available_bytes=available_bytes)
    layout = ContextLayout(
        n_ctx_per_sequence=wanted.context_tokens, n_sequences=wanted.n_sequences
    )
    try:
        return predict(header, layout=layout, machine=machine)
    except KdedgeError as error:
        return error
