"""How much memory a model takes while completions are made side by side, from its header."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge_gui.pages.benchmark.forecast import MemoryGuess
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge.core.machine import MachineFacts


def memory_guess(
    path: Path,
    *,
    context_tokens: int,
    n_sequences: int,
    machine: "MachineFacts",
    available_bytes: int | None,
) -> MemoryGuess:
    """Return what evaluating the model at ``path`` takes; reads its header.

    Args:
        path: A GGUF file.
        context_tokens: Of one completion.
        n_sequences: Completions side by side.
        machine: Where it would run.
        available_bytes: What is free now, where that is known better than in ``machine``.
    """
    from kdedge.models.footprint import ContextLayout, predict
    from kdedge.models.header import read_header

    if available_bytes is not None:
        machine = replace(machine, memory_available_bytes=available_bytes)
    layout = ContextLayout(n_ctx_per_sequence=context_tokens, n_sequences=n_sequences)
    try:
        found = predict(read_header(path), layout=layout, machine=machine)
    except KdedgeError as error:
        return MemoryGuess(needs_bytes=None, available_bytes=available_bytes, basis=error.problem)
    basis = tr("Memory: {model} with {n} completions side by side, from its header").format(
        model=path.stem, n=n_sequences
    )
    return MemoryGuess(
        needs_bytes=found.needs_bytes,
        available_bytes=found.available_bytes,
        basis=basis,
        fit=found.fit,
        short_by_bytes=found.short_by_bytes,
    )
