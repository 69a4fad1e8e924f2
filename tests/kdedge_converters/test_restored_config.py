from typing import Any

import numpy as np
import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.families import find_family
from kdedge_converters.restored_config import GgufFacts, restored_config
from kdedge_converters.rope import llama3_divisors, read_rope
from tests.family_cases import GOLDEN, config_of

CASES = [case for case in GOLDEN if case.split("-")[0] in {"llama", "qwen2", "qwen3", "gemma3"}]
PUBLISHED = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def facts_of(case: str, **changed: Any) -> GgufFacts:
    architecture = find_family(config_of(case)).architecture
    metadata = {"general.architecture": architecture, **GOLDEN[case]["metadata"]}
    shapes = {name: tuple(shape) for name, (_, shape, _) in GOLDEN[case]["tensors"].items()}
    changed = {f"{architecture}.{key.replace('__', '.')}": value for key, value in changed.items()}
    return GgufFacts(metadata=metadata | changed, shapes=shapes)


@pytest.mark.parametrize("case", [case for case in CASES if case != "llama-llama3"])
def test_the_restored_configuration_makes_the_same_file_again(case: str) -> None:
    config = restored_config(facts_of(case))
    family, original = find_family(config), config_of(case)
    assert family.layout(config) == family.layout(original)
    assert {
        each.key: np.float32(each.value) for each in family.metadata(config) if each.kind != 8
    } == {
        each.key: np.float32(each.value) for each in family.metadata(original) if each.kind != 8
    }  # 8 is a text


def test_published_llama_3_frequencies_are_recognised() -> None:
    rope = read_rope({"rope_parameters": PUBLISHED}, kinds=("llama3",), context=131_072)
    divisors = llama3_divisors(rope, rotated=64)
    facts = facts_of("llama-llama3", rope__freq_base=500_000.0)
    found = GgufFacts(metadata=facts.metadata, shapes=facts.shapes, rope_divisors=divisors)
    assert restored_config(found)["rope_parameters"] == PUBLISHED


def test_other_frequencies_are_not_guessed() -> None:
    facts = facts_of("llama-llama3")
    divisors = np.linspace(1, 8, 32, dtype=np.float32)
    odd = GgufFacts(metadata=facts.metadata, shapes=facts.shapes, rope_divisors=divisors)
    with pytest.raises(ConversionError, match=r"rope_freqs\.weight.* in no way that is known"):
        restored_config(odd)


def test_small_numbers_are_written_as_their_makers_wrote_them() -> None:
    facts = facts_of("llama", attention__layer_norm_rms_epsilon=9.999999747378752e-06)
    assert restored_config(facts)["rms_norm_eps"] == 1e-05


def test_an_architecture_without_a_way_back_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ConversionError) as caught:
        restored_config(facts_of("phi3"))
    assert "qwen2" in caught.value.hint


@pytest.mark.parametrize(
    "changed",
    [
        {"block_count": 2**32 - 1},
        {"block_count": "2"},
        {"attention__head_count": 0},
        {"attention__head_count": [4, 4]},
        {"attention__layer_norm_rms_epsilon": None},
        {"rope__scaling__type": "longrope"},
    ],
)
def test_metadata_that_makes_no_model_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ConversionError):
        restored_config(facts_of("gemma3", **changed))


def test_a_file_that_says_too_little_is_refused() -> None:
    with pytest.raises(ConversionError, match=r"does not say llama\.embedding_length"):
        restored_config(
            GgufFacts(
                metadata={
                    "general.architecture": "llama",
                    "llama.attention.head_count": 1,
                    "llama.block_count": 1,
                },
                shapes={"token_embd.weight": (1, 1)},
            )
        )
    with pytest.raises(ConversionError, match=r"no matrix token_embd\.weight"):
        restored_config(GgufFacts(metadata={"general.architecture": "llama"}, shapes={}))
