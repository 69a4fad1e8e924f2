import math

import numpy as np
import pytest

from kdedge.convert.proof_gate import (
    EXACT,
    TABULATED,
    Distance,
    DistanceMeter,
    gate_of,
    nmse_bound,
    why_not_met,
)

GENERATOR = np.random.default_rng(0)
REFERENCE = GENERATOR.normal(size=(7, 50)).astype(np.float32)


def distance(logits: np.ndarray, reference: np.ndarray = REFERENCE) -> Distance:
    meter = DistanceMeter()
    meter.add(logits.astype(np.float32), reference.astype(np.float32))
    return meter.distance()


def test_equal_logits_have_no_distance_and_agree_everywhere() -> None:
    assert distance(REFERENCE) == Distance(
        nmse=0, max_nmse=0, top1_agreement=1, n_positions=len(REFERENCE)
    )


def test_the_distance_is_the_squared_difference_over_the_variance() -> None:
    reference = np.array([[1.0, 3.0, 5.0], [0.0, 1.0, 2.0]])  # variances 8/3 and 2/3, times 3
    found = distance(reference + np.array([[0.0, 0.0, 0.5], [0.0, 0.1, 0.0]]), reference)
    assert found.nmse == pytest.approx((0.25 + 0.01) / (8 + 2))
    assert found.max_nmse == pytest.approx(0.25 / 8)


def test_logits_far_from_zero_hide_no_difference() -> None:
    near = distance(REFERENCE + 0.01)
    assert distance(REFERENCE + 1000.01, REFERENCE + 1000).nmse == pytest.approx(
        near.nmse, rel=0.05
    )


def test_pieces_add_up_to_the_whole() -> None:
    other = REFERENCE + 0.1 * GENERATOR.normal(size=REFERENCE.shape).astype(np.float32)
    meter = DistanceMeter()
    for at in range(0, len(REFERENCE), 3):
        meter.add(other[at : at + 3], REFERENCE[at : at + 3])
    whole, pieces = distance(other), meter.distance()
    assert pieces.nmse == pytest.approx(whole.nmse)
    assert (pieces.max_nmse, pieces.top1_agreement) == (whole.max_nmse, whole.top1_agreement)


def test_another_favourite_counts_unless_the_reference_holds_them_equal() -> None:
    reference = np.array([[1.0, 5.0, 5.0], [1.0, 5.0, 4.0]])
    other = np.array([[1.0, 5.0, 5.0001], [1.0, 4.0, 5.0]])
    assert distance(other, reference).top1_agreement == 0.5


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_infinitely_far(strange: float) -> None:
    broken = REFERENCE.copy()
    broken[3, 4] = strange
    assert distance(broken).nmse == math.inf
    assert distance(broken).max_nmse == math.inf


def test_arrays_of_different_shapes_are_no_pair() -> None:
    with pytest.raises(ValueError, match="differ"):
        distance(REFERENCE[:, :-1])


def test_nothing_compared_is_no_distance() -> None:
    with pytest.raises(ValueError, match="no position"):
        DistanceMeter().distance()


@pytest.mark.parametrize(
    ("found", "parity", "words"),
    [
        (Distance(nmse=1e-9, max_nmse=1e-7, top1_agreement=1, n_positions=1), 1.0, ""),
        (Distance(nmse=1e-7, max_nmse=1e-7, top1_agreement=1, n_positions=1), 1.0, "1.0e-07"),
        (Distance(nmse=0, max_nmse=1e-5, top1_agreement=1, n_positions=1), 1.0, "one position"),
        (Distance(nmse=0, max_nmse=0, top1_agreement=0.98, n_positions=1), 1.0, "2.00%"),
        (Distance(nmse=0, max_nmse=0, top1_agreement=1, n_positions=1), 0.99, "1.00%"),
        (Distance(nmse=math.nan, max_nmse=0, top1_agreement=1, n_positions=1), 1.0, "nan"),
    ],
)
def test_what_is_not_met_is_named(found: Distance, parity: float, words: str) -> None:
    why = why_not_met(found, gate=EXACT, token_parity=parity)
    assert words in why
    assert bool(why) is bool(words)


@pytest.mark.parametrize(
    ("config", "gate"),
    [
        ({"hidden_act": "silu"}, EXACT),
        ({"hidden_act": "gelu_pytorch_tanh"}, TABULATED),
        ({"activation_function": "gelu_new"}, TABULATED),
        ({"hidden_activation": "gelu_pytorch_tanh", "hidden_act": None}, TABULATED),
        ({"model_type": "gpt2"}, TABULATED),
        ({"model_type": "llama"}, EXACT),
    ],
)
def test_only_models_with_a_gelu_get_the_wider_gate(config: dict[str, str], gate: object) -> None:
    assert gate_of(config) is gate


@pytest.mark.parametrize(
    ("nmse", "bound"), [(1.7e-11, 1e-10), (9.99e-8, 1e-7), (0.0, 1e-15), (1e-30, 1e-15)]
)
def test_the_bound_in_a_file_is_the_next_power_of_ten(nmse: float, bound: float) -> None:
    assert nmse_bound(nmse) == pytest.approx(bound)
