"""How far apart two models' next-token distributions are, position by position.

With logits a of the master and b of the other model, p = softmax(a), q = softmax(b):
KL(p || q) = sum p (log p - log q) = sum p (a - b) - (lse a - lse b), in nats, lse x = log sum e^x;
the negative log-likelihood of the token t that really follows is lse a - a[t].
"""

from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionNumbers:
    """One number a position; all arrays have the shape (n_positions,)."""

    kl: "NDArray[np.float64]"
    """KL(master || other), in nats."""
    nll_master: "NDArray[np.float64]"
    """-log of the probability that the master gives to the token that really follows."""
    nll: "NDArray[np.float64]"
    """The same of the other model."""
    same_top: "NDArray[np.bool_]"
    """Both find the same token most likely."""


def compare_rows(
    master: "NDArray[np.float32]",
    other: "NDArray[np.float32]",
    *,
    following: "Sequence[int]",
    threads: Executor,
    n_threads: int,
) -> PositionNumbers:
    """Return the numbers of each position.

    A row at a time, so that what is worked on stays in a core's cache; the rows are shared out
    over the threads, and the sums are exact to a few 1e-7.

    Args:
        master: Logits, shape (n_positions, n_vocab).
        other: The same of the other model.
        following: The token that really comes after each position.
        threads: Where the rows are worked on.
        n_threads: How many parts the rows are cut into.

    Raises:
        ValueError: The shapes do not go together.
    """
    if master.shape != other.shape or len(master) != len(following):
        raise ValueError(f"{master.shape} and {other.shape} logits, {len(following)} tokens")
    numbers = np.empty((4, len(master)))
    edges = [part * len(master) // n_threads for part in range(n_threads + 1)]
    parts = [slice(begin, end) for begin, end in pairwise(edges)]
    work = [
        threads.submit(_fill, numbers[:, part], master[part], other[part], following[part])
        for part in parts
    ]
    for part_done in work:
        part_done.result()
    kl, nll_master, nll, same_top = numbers
    return PositionNumbers(kl=kl, nll_master=nll_master, nll=nll, same_top=same_top > 0)


def join(pieces: "Sequence[PositionNumbers]") -> PositionNumbers:
    """Return the numbers of consecutive pieces as one."""
    return PositionNumbers(
        kl=np.concatenate([piece.kl for piece in pieces]),
        nll_master=np.concatenate([piece.nll_master for piece in pieces]),
        nll=np.concatenate([piece.nll for piece in pieces]),
        same_top=np.concatenate([piece.same_top for piece in pieces]),
    )


def _fill(
    numbers: "NDArray[np.float64]",
    master: "NDArray[np.float32]",
    other: "NDArray[np.float32]",
    following: "Sequence[int]",
) -> None:
    scratch = np.empty((2, master.shape[1]), dtype=np.float32)
    with np.errstate(invalid="ignore", over="ignore"):  # the caller looks for what is not finite
        for row, token in enumerate(following):
            numbers[:, row] = _one_position(master[row], other[row], token, scratch)


def _one_position(
    a: "NDArray[np.float32]", b: "NDArray[np.float32]", token: int, scratch: "NDArray[np.float32]"
) -> tuple[float, float, float, bool]:
    weights, work = scratch
    top_a, top_b = int(a.argmax()), int(b.argmax())
    mass_b = float(np.exp(np.subtract(b, b[top_b], out=work), out=work).sum())
    mass_a = float(np.exp(np.subtract(a, a[top_a], out=weights), out=weights).sum())
    lse_a = float(a[top_a]) + np.log(mass_a)
    lse_b = float(b[top_b]) + np.log(mass_b)
    # The constant is taken off before summing: the rest is small where the models agree, and so
    # is its rounding.
    shift = np.float32(lse_a - lse_b)
    np.subtract(a, b, out=work)
    np.subtract(work, shift, out=work)
    np.multiply(weights, work, out=work)
    kl = float(work.sum()) / mass_a + (float(shift) - (lse_a - lse_b))
    return (
        (0.0 if kl < 0 else kl),
        lse_a - float(a[token]),
        lse_b - float(b[token]),
        top_a == top_b,
    )
