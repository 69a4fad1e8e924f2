"""Means, tails and intervals of what was found at single positions."""

import numpy as np
import pytest

from kdedge.quantize.divergence_summary import Divergence, mean_interval, summarise
from kdedge.quantize.row_divergence import PositionNumbers


def chunk(kl: list[float], *, nll: float = 1.0, same: int = 1) -> PositionNumbers:
    n = len(kl)
    return PositionNumbers(
        kl=np.array(kl),
        nll_master=np.full(n, 2.0),
        nll=np.full(n, nll),
        same_top=np.arange(n) < same,
    )


def summary(*chunks: PositionNumbers) -> Divergence:
    return summarise(chunks, chunk_tokens=512, text_sha256="0" * 64)


def test_means_and_tails_are_over_all_positions() -> None:
    found = summary(chunk([0.0, 0.1, 0.2, 0.3]), chunk([0.4, 0.5, 0.6, 1.0], same=3))
    assert found.mean_kl == pytest.approx(3.1 / 8)
    assert found.worst_kl == 1.0
    assert found.p99_kl == pytest.approx(0.6 + 0.93 * 0.4)  # linear between the two largest
    assert found.top1_agreement == 0.5
    assert (found.n_tokens, found.n_chunks) == (8, 2)


def test_perplexity_is_e_to_the_mean_negative_log_likelihood() -> None:
    found = summary(chunk([0.0, 0.0], nll=1.0), chunk([0.0, 0.0], nll=3.0))
    assert found.perplexity == pytest.approx(np.exp(2.0))
    assert found.perplexity_master == pytest.approx(np.exp(2.0))


def test_the_interval_holds_the_mean_and_narrows_with_more_chunks() -> None:
    chance = np.random.default_rng(0)
    few, many = (chance.exponential(size=n).tolist() for n in (10, 1000))
    for values in (few, many):
        low, high = mean_interval(values)
        assert low < np.mean(values) < high
    widths = [high - low for low, high in (mean_interval(few), mean_interval(many))]
    assert widths[1] < widths[0] / 4


def test_the_interval_covers_the_true_mean_about_95_times_in_100() -> None:
    chance = np.random.default_rng(1)
    hits = 0
    for seed in range(40):
        low, high = mean_interval(chance.normal(size=30).tolist(), seed=seed)
        hits += low <= 0 <= high
    assert 34 <= hits <= 40


def test_equal_seeds_give_equal_intervals() -> None:
    assert mean_interval([1.0, 2.0, 4.0]) == mean_interval([1.0, 2.0, 4.0])


def test_one_chunk_gives_no_interval() -> None:
    with pytest.raises(ValueError, match="1 chunk"):
        summary(chunk([0.1]))
    with pytest.raises(ValueError, match="1 value"):
        mean_interval([0.1])
