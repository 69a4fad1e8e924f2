"""How long one decoded token takes: a few short runs in a fresh process, the fastest counts.

Good enough to compare files of one model within a search; ``kdedge profile`` measures with
intervals and a noise verdict.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kdedge.runtime.thread_rule import default_threads
from kdedge.runtime.timing_client import TimingClient

_NS = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingOptions:
    """How a file is timed."""

    n_tokens: int = 32
    """Decoded in each run."""
    n_runs: int = 7
    n_threads: int | None = None
    """``None``: one a physical core this process may use."""
    n_gpu_layers: int = 0
    """Layers on the GPU; -1 is all of them."""


class Timer(Protocol):
    """The part of a timing process that is needed here."""

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order."""
        ...


OpenTimer = Callable[[Path], AbstractContextManager[Timer]]


def decode_seconds(
    path: Path, *, options: TimingOptions | None = None, open_timer: OpenTimer = TimingClient
) -> float:
    """Return the seconds that the model at ``path`` takes for one token, at its fastest.

    Other programs only ever make a run slower, so the fastest run says most of the file.

    Args:
        path: A GGUF file.
        options: How often and with how many threads.
        open_timer: Starts the process that times.

    Raises:
        KdedgeError: The model cannot be loaded, or the process died.
    """
    options = options or TimingOptions()
    with open_timer(path) as timer:
        timer.ask({"op": "load", "path": str(path), "n_gpu_layers": options.n_gpu_layers})
        timer.ask(
            {
                "op": "context",
                "n_ctx": 2 * options.n_tokens,
                "n_batch": 512,
                "n_ubatch": 512,
                "n_threads": options.n_threads or default_threads(),
                "seed": 0,
            }
        )
        row = {"n_prompt": 0, "n_gen": options.n_tokens, "n_depth": 0}
        timer.ask({"op": "warm_up", **row})
        runs = [timer.ask({"op": "raw", **row})["ns"] for _ in range(options.n_runs)]
    return float(min(runs)) / _NS / options.n_tokens
