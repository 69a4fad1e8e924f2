from typing import Any

import pytest

from kdedge.convert.proof_length import boundaries, long_text_tokens

GEMMA = {
    "sliding_window": 512,
    "layer_types": ["sliding_attention", "full_attention"],
    "max_position_embeddings": 32768,
    "num_attention_heads": 4,
}
PHI = {
    "max_position_embeddings": 131072,
    "num_attention_heads": 32,
    "rope_scaling": {"type": "longrope", "short_factor": [1.0]},
    "original_max_position_embeddings": 4096,
}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (GEMMA, [512]),
        (PHI, [4096]),
        ({"sliding_window": 4096, "use_sliding_window": False}, []),
        ({"sliding_window": 4096, "layer_types": ["full_attention"]}, []),
        ({"sliding_window": None}, []),
        ({"rope_parameters": {"rope_type": "llama3", "original_max_position_embeddings": 9}}, []),
    ],
)
def test_boundaries_are_where_the_model_computes_something_else(
    config: dict[str, Any], expected: list[int]
) -> None:
    assert boundaries(config) == expected


def test_a_small_model_reads_a_text_beyond_its_window() -> None:
    assert 512 < long_text_tokens(GEMMA, n_params=270_000_000) < 700


def test_a_model_too_large_for_that_reads_the_usual_length() -> None:
    assert long_text_tokens(PHI, n_params=3_800_000_000) <= 512


def test_no_text_is_longer_than_the_context() -> None:
    assert long_text_tokens({"max_position_embeddings": 128}, n_params=1000) == 128
    assert long_text_tokens({**GEMMA, "max_position_embeddings": 550}, n_params=1000) == 550
