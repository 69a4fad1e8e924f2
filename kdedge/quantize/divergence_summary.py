"""From numbers a position to what a result says of a model: means, tails and intervals.

The definitions are those of llama.cpp's ``llama-perplexity --kl-divergence``, without its 16-bit
rounding of the master's probabilities. The interval resamples chunks, because positions of one
chunk see the same text and are not independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdedge.quantize.row_divergence import PositionNumbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_RESAMPLES = 10_000
_FEWEST_CHUNKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """How far a model's predictions are from its master's, on one text."""

    mean_kl: float
    """KL(master || model), nats per token."""
    mean_kl_ci95: tuple[float, float]
    """Percentile bootstrap over chunks."""
    p99_kl: float
    """One position in a hundred is worse than this."""
    worst_kl: float
    top1_agreement: float
    """Share of positions at which both find the same token most likely."""
    perplexity_master: float
    """e to the mean negative log-likelihood of the text, under the master."""
    perplexity: float
    """The same under the model."""
    n_tokens: int
    """Positions that were scored."""
    n_chunks: int
    chunk_tokens: int
    text_sha256: str


def summarise(
    chunks: Sequence[PositionNumbers], *, chunk_tokens: int, text_sha256: str
) -> Divergence:
    """Return what ``chunks`` say together.

    Args:
        chunks: Numbers of equally many positions each, at least two.
        chunk_tokens: Length of a chunk, the positions that are not scored included.
        text_sha256: Of the whole text.

    Raises:
        ValueError: There are fewer than two chunks; they give no interval.
    """
    import numpy as np

    if len(chunks) < _FEWEST_CHUNKS:
        raise ValueError(f"{len(chunks)} chunk gives no interval")
    kl = np.concatenate([chunk.kl for chunk in chunks])
    return Divergence(
        mean_kl=float(kl.mean()),
        mean_kl_ci95=mean_interval([float(chunk.kl.mean()) for chunk in chunks]),
        p99_kl=float(np.percentile(kl, 99)),
        worst_kl=float(kl.max()),
        top1_agreement=float(np.concatenate([chunk.same_top for chunk in chunks]).mean()),
        perplexity_master=_perplexity([chunk.nll_master for chunk in chunks]),
        perplexity=_perplexity([chunk.nll for chunk in chunks]),
        n_tokens=len(kl),
        n_chunks=len(chunks),
        chunk_tokens=chunk_tokens,
        text_sha256=text_sha256,
    )


def mean_interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean of ``values`` (Efron 1979).

    Args:
        values: Independent ones, at least two.
        seed: Of the 10,000 resamples.

    Raises:
        ValueError: There are fewer than two values.
    """
    import numpy as np

    if len(values) < _FEWEST_CHUNKS:
        raise ValueError(f"{len(values)} value gives no interval")
    chance = np.random.default_rng(seed)
    drawn_from = np.asarray(values, dtype=np.float64)
    # How often each value is drawn, instead of the draws: the same distribution, small in memory.
    shares = np.full(len(values), 1 / len(values))
    weights = chance.multinomial(len(values), shares, size=_RESAMPLES)
    low, high = np.percentile(weights @ drawn_from / len(values), (2.5, 97.5))
    return float(low), float(high)


def _perplexity(nll: "Sequence[NDArray[np.float64]]") -> float:
    import numpy as np

    return float(np.exp(np.concatenate(nll).mean()))
