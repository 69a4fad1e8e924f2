import pytest

from kdedge.profile.code_prompt import code_prompt
from kdedge.profile.summaries import gaps_block, latency_block


def test_a_99th_percentile_needs_a_thousand_gaps() -> None:
    few = gaps_block([0.01] * 999)
    assert few["p99"] is None
    assert few["p99_reason"] == "999 gaps are too few, it takes 1000"
    many = gaps_block([0.01] * 980 + [0.5] * 20)
    assert many["p99"] == 0.5
    assert many["p99_reason"] is None


def test_gaps_of_one_token_are_unknown_with_a_reason() -> None:
    block = gaps_block([])
    assert block["p50"] is None
    assert block["reason"]


def test_all_samples_are_kept_beside_their_summary() -> None:
    samples = [0.3, 0.1, 0.2, 0.25]
    block = latency_block(samples, seed=0)
    assert block["samples"] == samples
    assert block["median"] == pytest.approx(0.225)
    assert block["p95"] == 0.3
    low, high = block["ci95"]  # type: ignore[misc]
    assert low <= 0.225 <= high


@pytest.mark.parametrize("length", [1, 5_000, 40_000])
def test_code_of_any_length_ends_in_the_same_unfinished_function(length: int) -> None:
    text = code_prompt(length)
    assert len(text) >= length
    assert text.endswith('nothing of it left in that time.\n    """\n')
    compile(text, "prompt", "exec")
