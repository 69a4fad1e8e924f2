import math
from typing import Any

import numpy as np
import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.rope import Rope, llama3_divisors, read_rope

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def rope(config: dict[str, Any], *kinds: str) -> Rope:
    return read_rope(config, kinds=kinds or ("default", "linear", "yarn", "llama3"), context=4096)


def test_nothing_said_means_the_usual_frequencies() -> None:
    found = rope({})
    assert (found.kind, found.theta, found.rotated_fraction) == ("default", 10_000.0, 1.0)


def test_older_and_newer_configurations_say_the_same() -> None:
    older = {"rope_theta": 1e6, "rope_scaling": {"type": "linear", "factor": 4.0}}
    newer = {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e6}}
    for each in (rope(older), rope(newer), rope(older | newer | {"rope_scaling": None})):
        assert (each.kind, each.theta, each.positive("factor")) == ("linear", 1e6, 4.0)


def test_the_same_said_twice_is_no_contradiction() -> None:
    section = {"rope_type": "default", "rope_theta": 5000.0}
    assert rope({"rope_theta": 5000, "rope_parameters": section}).theta == 5000


def test_the_original_context_is_the_context_unless_told() -> None:
    yarn = {"rope_type": "yarn", "factor": 4.0}
    assert rope({"rope_scaling": yarn}).original_context == 4096
    assert (
        rope({"rope_scaling": yarn | {"original_max_position_embeddings": 64}}).original_context
        == 64
    )


def test_yarn_may_repeat_what_llama_cpp_takes_anyway() -> None:
    usual = {"attention_factor": 0.1 * math.log(4) + 1, "beta_fast": 32, "beta_slow": 1.0}
    repeated = {"rope_type": "yarn", "factor": 4.0, "truncate": True, **usual}
    assert rope({"rope_scaling": repeated}).parameters == repeated


def test_fast_frequencies_stay_and_slow_ones_are_stretched() -> None:
    divisors = llama3_divisors(rope({"rope_parameters": LLAMA3}), rotated=128)
    assert divisors.shape == (64,)
    assert divisors.dtype == np.float32
    assert divisors[0] == 1
    assert divisors[-1] == 8
    assert np.all(np.diff(divisors) >= 0)
    wavelengths = 2 * math.pi * 500_000.0 ** (np.arange(0, 128, 2) / 128)
    assert np.array_equal(divisors == 1, wavelengths < 8192 / 4)
    assert np.array_equal(divisors == 8, wavelengths > 8192)


def test_the_blend_is_the_weighted_mean_of_both_frequencies() -> None:
    divisors = llama3_divisors(rope({"rope_parameters": LLAMA3}), rotated=128)
    place = int(np.flatnonzero((divisors > 1) & (divisors < 8))[0])
    wavelength = 2 * math.pi * 500_000.0 ** (2 * place / 128)
    smooth = (8192 / wavelength - 1) / (4 - 1)
    assert 1 / divisors[place] == pytest.approx((1 - smooth) / 8 + smooth, rel=1e-5)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, 10**400, True, "1", [1], {}])
def test_a_base_that_is_no_positive_number_is_refused(value: Any) -> None:
    with pytest.raises(ConversionError, match="rope_theta"):
        rope({"rope_theta": value})


def test_an_unknown_parameter_is_refused_by_name() -> None:
    with pytest.raises(ConversionError, match="shift = 3"):
        rope({"rope_scaling": {"rope_type": "linear", "factor": 2, "shift": 3}})


def test_a_fraction_above_one_is_refused() -> None:
    with pytest.raises(ConversionError, match="partial_rotary_factor"):
        rope({"partial_rotary_factor": 1.5})
