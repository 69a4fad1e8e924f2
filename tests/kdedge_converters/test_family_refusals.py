"""Every fault that llama.cpp's converter passes in silence is refused before a byte is written."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdedge_converters.checkpoint import Checkpoint, StoredTensor
from kdedge_converters.errors import ConversionError
from kdedge_converters.families import find_family
from tests.family_cases import GOLDEN, arrays_of, config_of, stored, stored_of
from tests.tiny_checkpoint import write_checkpoint

LINEAR = {"rope_type": "linear", "factor": 2.0, "rope_theta": 10_000.0}
YARN: dict[str, Any] = {"rope_type": "yarn", "factor": 4.0, "rope_theta": 10_000.0}
LLAMA3 = GOLDEN["llama-llama3"]["config"]["rope_parameters"]
LONG = GOLDEN["phi3-longrope"]["config"]["rope_parameters"]


def refusal(case: str, **changed: Any) -> ConversionError:
    config = config_of(case, **changed)
    with pytest.raises(ConversionError) as caught:
        find_family(config).check(config)
    return caught.value


def tensor_refusal(
    case: str, tensors: Mapping[str, StoredTensor], **changed: Any
) -> ConversionError:
    config = config_of(case, **changed)
    with pytest.raises(ConversionError) as caught:
        find_family(config).tensors(config, tensors)
    return caught.value


@pytest.mark.parametrize(
    ("case", "changed"),
    [
        # another activation
        ("llama", {"hidden_act": "gelu"}),
        ("qwen2", {"hidden_act": "relu"}),
        ("starcoder2", {"hidden_act": "gelu"}),
        ("gpt2", {"activation_function": "gelu"}),
        ("gpt_bigcode", {"activation_function": "relu"}),
        ("gemma3", {"hidden_activation": "silu"}),
        ("phi3", {"hidden_act": "gelu_new"}),
        # biases llama.cpp has no place for, or cannot do without
        ("qwen3", {"attention_bias": True}),
        ("smollm3", {"attention_bias": True}),
        ("smollm3", {"mlp_bias": True}),
        ("gemma3", {"attention_bias": True}),
        ("starcoder2", {"use_bias": False}),
        ("phi3", {"lm_head_bias": True}),
        # attention of another kind
        ("llama", {"is_causal": False}),
        ("gemma3", {"use_bidirectional_attention": True}),
        ("gemma3", {"attn_logit_softcapping": 50.0}),
        ("gemma3", {"query_pre_attn_scalar": 64}),
        ("gpt2", {"scale_attn_weights": False}),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}),
        ("gpt2", {"add_cross_attention": True}),
        ("gpt_bigcode", {"multi_query": False}),
        ("granite", {"head_dim": 32}),
        ("granite", {"attention_multiplier": 0}),
        ("qwen2", {"head_dim": 32}),
        ("starcoder2", {"head_dim": 32}),
        ("starcoder2", {"norm_type": "rms_norm"}),
        ("smollm3", {"no_rope_layers": [1, 1, 1, 1, 1]}),
        ("smollm3", {"no_rope_layers": None, "no_rope_layer_interval": 2}),
        # positions
        ("gpt2", {"n_ctx": 64}),
        ("llama", {"rope_interleaved": True}),
        ("llama", {"partial_rotary_factor": 0.5}),
        ("qwen3", {"partial_rotary_factor": 0.5}),
    ],
)
def test_what_llama_cpp_computes_otherwise_is_refused_by_name(
    case: str, changed: dict[str, Any]
) -> None:
    told = refusal(case, **changed)
    assert next(key for key, value in changed.items() if value is not None) in told.problem
    assert told.hint


@pytest.mark.parametrize(
    ("case", "rope"),
    [
        ("llama", {"rope_type": "dynamic", "factor": 2.0}),
        ("llama", {"rope_type": "longrope", **LONG}),
        ("llama", {"rope_type": "mrope"}),
        ("llama", {"type": "dynamic", "factor": 2.0}),
        ("qwen2", LLAMA3),
        ("qwen3", LLAMA3),
        ("starcoder2", LLAMA3),
        ("smollm3", LLAMA3),
        ("stablelm", LINEAR),
        ("phi3", LINEAR),
        ("qwen2", {**YARN, "beta_fast": 16}),
        ("qwen2", {**YARN, "beta_slow": 2}),
        ("qwen2", {**YARN, "attention_factor": 1.0}),
        ("qwen2", {**YARN, "truncate": False}),
        ("qwen2", {**YARN, "mscale": 1.0, "mscale_all_dim": 0.7}),
        ("qwen2", {**YARN, "mrope_section": [16, 24, 24]}),
        ("llama", {**LLAMA3, "low_freq_factor": 4.0}),
        ("llama", {"rope_type": "linear"}),
        ("llama", {"rope_type": "linear", "factor": -1.0}),
        ("llama", {"rope_type": "linear", "factor": math.nan}),
        ("llama", {"rope_type": "default", "factor": 2.0}),
        ("llama", {"rope_theta": 0}),
        ("llama", {"rope_theta": "10000"}),
        ("llama", {"rope_type": ["linear"]}),
        ("llama", [1, 2]),
        ("llama", {"full_attention": LINEAR}),
        ("phi3-longrope", {**LONG, "short_factor": [1.0]}),
        ("phi3-longrope", {**LONG, "long_factor": None}),
        ("phi3-longrope", {**LONG, "long_factor": [1.0, 1, 1, 1, 1, "1"]}),
        ("phi3-longrope", {**LONG, "attention_factor": 1.0}),
        ("phi3-longrope", {**LONG, "factor": 32.0}),
        ("phi3-longrope", {**LONG, "partial_rotary_factor": 0.9}),
        ("gemma3", {"full_attention": YARN, "sliding_attention": {"rope_theta": 1e4}}),
        ("gemma3", {"full_attention": {}, "sliding_attention": LINEAR}),
        ("gemma3", {"full_attention": {}, "sliding_attention": {}, "local": {}}),
    ],
)
def test_rotary_positions_that_llama_cpp_computes_otherwise_are_refused(
    case: str, rope: Any
) -> None:
    assert refusal(case, rope_parameters=rope).hint


def test_an_older_configuration_with_dynamic_positions_is_refused_too() -> None:
    told = refusal("llama", rope_parameters=None, rope_scaling={"type": "dynamic", "factor": 2.0})
    assert "rope_type = dynamic" in told.problem


@pytest.mark.parametrize("key", ["rope_theta", "rope_scaling"])
def test_positions_that_contradict_each_other_are_refused(key: str) -> None:
    value = 5_000.0 if key == "rope_theta" else LINEAR
    assert "twice" in refusal("llama", **{key: value}).problem


@pytest.mark.parametrize(
    ("case", "changed"),
    [
        ("qwen2", {"use_sliding_window": True, "sliding_window": 64, "layer_types": None}),
        ("qwen2", {"sliding_window": 64, "layer_types": ["full_attention", "sliding_attention"]}),
        ("qwen3", {"use_sliding_window": True, "sliding_window": 64, "layer_types": None}),
        ("mistral", {"sliding_window": 255}),
        ("starcoder2", {"sliding_window": 255}),
        ("phi3", {"sliding_window": 64}),
        ("smollm3", {"use_sliding_window": True, "sliding_window": 64, "layer_types": None}),
    ],
)
def test_a_window_shorter_than_the_context_is_refused_with_the_length_that_is_exact(
    case: str, changed: dict[str, Any]
) -> None:
    told = refusal(case, **changed)
    assert "sliding_window" in told.problem
    assert f"max_position_embeddings to {changed['sliding_window']}" in told.hint
    config = config_of(case, **changed, max_position_embeddings=changed["sliding_window"])
    find_family(config).check(config)


def test_a_mistral_that_does_not_speak_of_its_window_has_one() -> None:
    config = config_of("mistral", max_position_embeddings=8192)
    find_family(config).check(config)
    del config["sliding_window"]
    with pytest.raises(ConversionError, match="4096 tokens only"):
        find_family(config).check(config)


@pytest.mark.parametrize(
    "changed",
    [
        {"layer_types": None, "sliding_window_pattern": 2},
        {"layer_types": ["sliding_attention"] * 7},
        {"layer_types": ["full_attention"] * 6},
        {"layer_types": ["chunked_attention"] * 7},
        {"layer_types": [[]] * 7},
        {"sliding_window": None},
    ],
)
def test_another_order_of_windows_than_gemmas_is_refused(changed: dict[str, Any]) -> None:
    assert refusal("gemma3", **changed).hint


@pytest.mark.parametrize(
    ("key", "value"),
    [("num_experts", 8), ("use_qk_norm", True), ("scale", 0.5), ("custom", "yes"), ("zero", 0)],
)
def test_a_key_nobody_knows_is_refused_and_named(key: str, value: Any) -> None:
    told = refusal("llama", **{key: value})
    assert f"{key} = {value}" in told.problem
    assert "remove the key" in told.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("some_new_switch", False),
        ("some_new_setting", None),
        ("some_new_list", []),
        ("_attn_implementation_autoset", True),
        ("mlp_dropout", 0.1),
        ("eos_token_id", [1, 2]),
        ("transformers.js_config", {"dtype": "q4"}),
        ("unsloth_version", "2026.1"),
        ("auto_map", {"AutoModel": "x.Y"}),
    ],
)
def test_a_key_that_changes_nothing_is_passed_over(key: str, value: Any) -> None:
    config = config_of("llama", **{key: value})
    assert find_family(config).metadata(config) == find_family(config).metadata(config_of("llama"))


def test_a_quantised_checkpoint_is_refused_with_the_way_out() -> None:
    told = refusal("llama", quantization_config={"quant_method": "gptq", "bits": 4})
    assert "quantised" in told.problem
    assert "kdedge quantize" in told.hint


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_size": None},
        {"hidden_size": 64.0},
        {"hidden_size": "64"},
        {"hidden_size": True},
        {"hidden_size": -64},
        {"hidden_size": 0},
        {"hidden_size": 2**31},
        {"num_hidden_layers": 513},
        {"num_attention_heads": 5000, "num_key_value_heads": 5000},
        {"num_attention_heads": 7, "head_dim": None},
        {"num_key_value_heads": 3},
        {"head_dim": 15},
        {"rms_norm_eps": 0},
        {"rms_norm_eps": math.inf},
        {"rms_norm_eps": 10**400},
        {"attention_bias": 1},
        {"tie_word_embeddings": "yes"},
        {"hidden_act": ["silu"]},
    ],
)
def test_a_value_that_makes_no_model_is_refused(changed: dict[str, Any]) -> None:
    assert next(iter(changed)) in refusal("llama", **changed).problem


def test_a_key_given_under_two_names_is_refused_when_they_differ() -> None:
    assert "twice" in refusal("gpt2", hidden_size=65).problem
    config = config_of("gpt2", hidden_size=64)
    find_family(config).check(config)


@pytest.mark.parametrize("case", GOLDEN)
def test_each_single_missing_tensor_is_named(case: str) -> None:
    tensors = stored_of(arrays_of(case))
    for name in tensors:
        rest = {other: tensor for other, tensor in tensors.items() if other != name}
        told = tensor_refusal(case, rest)
        assert name in told.problem
        assert "lm_head" not in name or "tie_word_embeddings" in told.problem


@pytest.mark.parametrize("case", GOLDEN)
def test_each_single_misshapen_tensor_is_named(case: str) -> None:
    tensors = stored_of(arrays_of(case))
    for name, tensor in tensors.items():
        longer = stored(name, (tensor.shape[0] + 1, *tensor.shape[1:]))
        assert (
            f"The tensor {name} has the shape"
            in tensor_refusal(case, {**tensors, name: longer}).problem
        )


def test_a_tensor_too_many_is_named() -> None:
    extra = "model.layers.0.self_attn.q_proj.lora_A.weight"
    tensors = stored_of(arrays_of("qwen2")) | {extra: stored(extra, (8, 64))}
    assert extra in tensor_refusal("qwen2", tensors).problem


def test_a_layer_more_than_the_configuration_says_is_refused() -> None:
    tensors = stored_of(arrays_of("llama"))
    assert "model.layers.1." in tensor_refusal("llama", tensors, num_hidden_layers=1).problem


@pytest.mark.parametrize("dtype", ["I8", "F8_E4M3", "F64", "BOOL"])
def test_numbers_of_another_type_are_refused(dtype: str) -> None:
    name = "model.norm.weight"
    tensors = stored_of(arrays_of("llama")) | {name: stored(name, (64,), dtype=dtype)}
    assert f"is stored as {dtype}" in tensor_refusal("llama", tensors).problem


def test_an_untied_model_without_its_head_is_refused() -> None:
    tensors = stored_of(arrays_of("llama"))
    told = tensor_refusal("llama", tensors, tie_word_embeddings=False)
    assert "tie_word_embeddings is false" in told.problem


def test_a_tied_model_with_another_head_is_refused(tmp_path: Path) -> None:
    config, arrays = config_of("llama"), arrays_of("llama")
    head = arrays["model.embed_tokens.weight"].copy()
    arrays["lm_head.weight"] = head
    same = Checkpoint.open(write_checkpoint(tmp_path / "same", arrays, config=config))
    planned = find_family(config).tensors(config, same.tensors)
    assert [each.name for each in planned] == list(GOLDEN["llama"]["tensors"])
    head[-1, -1] ^= 1
    other = Checkpoint.open(write_checkpoint(tmp_path / "other", arrays, config=config))
    assert "lm_head.weight is the embeddings" in tensor_refusal("llama", other.tensors).problem


def test_a_tied_model_with_a_head_of_another_size_is_refused(tmp_path: Path) -> None:
    config, arrays = config_of("llama"), arrays_of("llama")
    arrays["lm_head.weight"] = np.zeros((2, 64), np.uint16)
    other = Checkpoint.open(write_checkpoint(tmp_path, arrays, config=config))
    assert "lm_head.weight is the embeddings" in tensor_refusal("llama", other.tensors).problem


def test_a_vocabulary_of_a_billion_tokens_is_only_a_wrong_shape() -> None:
    tensors = stored_of(arrays_of("llama"))
    told = tensor_refusal("llama", tensors, vocab_size=10**9)
    assert "(1000000000, 64)" in told.problem
