"""KL, likelihoods and agreement of single positions, against the formula in float64."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kdedge.quantize.row_divergence import PositionNumbers, compare_rows, join


def compare(master: np.ndarray, other: np.ndarray, following: list[int]) -> PositionNumbers:
    with ThreadPoolExecutor(2) as threads:
        return compare_rows(
            master.astype(np.float32),
            other.astype(np.float32),
            following=following,
            threads=threads,
            n_threads=2,
        )


def pair(*, spread: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    master = chance.standard_normal((9, 5000)).astype(np.float32) * 3
    return master, master + chance.standard_normal(master.shape).astype(np.float32) * spread


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def test_a_known_value() -> None:
    # p = (1/2, 1/2), q = (1/4, 3/4): KL = ln 2 - ln(3)/2 = 0.1438
    found = compare(np.array([[0.0, 0.0]]), np.array([[0.0, np.log(3)]]), [1])
    assert found.kl[0] == pytest.approx(np.log(2) - np.log(3) / 2, abs=1e-6)
    assert found.nll_master[0] == pytest.approx(np.log(2), abs=1e-6)
    assert found.nll[0] == pytest.approx(-np.log(0.75), abs=1e-6)


def test_all_numbers_equal_the_formula_in_float64() -> None:
    master, other = pair()
    following = [7 * row for row in range(len(master))]
    p, q = log_softmax(master), log_softmax(other)
    found = compare(master, other, following)
    np.testing.assert_allclose(found.kl, (np.exp(p) * (p - q)).sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(found.nll_master, -p[range(9), following], atol=1e-5)
    np.testing.assert_allclose(found.nll, -q[range(9), following], atol=1e-5)
    np.testing.assert_array_equal(found.same_top, p.argmax(axis=1) == q.argmax(axis=1))


def test_equal_models_are_exactly_zero_apart() -> None:
    master, _ = pair()
    found = compare(master, master, [0] * 9)
    assert (found.kl == 0).all()
    assert found.same_top.all()


def test_a_constant_added_to_all_logits_changes_nothing() -> None:
    master, other = pair()
    np.testing.assert_allclose(
        compare(master, other + 20, [0] * 9).kl, compare(master, other, [0] * 9).kl, atol=1e-5
    )


def test_a_small_distance_is_not_lost_in_rounding() -> None:
    master, other = pair(spread=1e-3)
    p, q = log_softmax(master), log_softmax(other)
    expected = (np.exp(p) * (p - q)).sum(axis=1)
    assert expected.max() < 1e-6
    np.testing.assert_allclose(compare(master, other, [0] * 9).kl, expected, atol=2e-7)


def test_numbers_that_are_not_finite_stay_visible() -> None:
    master, other = pair()
    other[3, 17] = np.nan
    found = compare(master, other, [0] * 9)
    assert np.isnan(found.kl[3])
    assert np.isfinite(np.delete(found.kl, 3)).all()


def test_pieces_are_joined_in_order() -> None:
    master, other = pair()
    parts = [compare(master[:4], other[:4], [0] * 4), compare(master[4:], other[4:], [0] * 5)]
    np.testing.assert_array_equal(join(parts).kl, compare(master, other, [0] * 9).kl)


def test_logits_of_unlike_shape_are_refused() -> None:
    master, other = pair()
    with pytest.raises(ValueError, match=r"\(9, 5000\) and \(8, 5000\)"):
        compare(master, other[:8], [0] * 9)
