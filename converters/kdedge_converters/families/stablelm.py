"""StableLM and Stable Code: layer norms, part of each head rotated, perhaps a norm per head."""

from collections.abc import Iterator, Mapping
from typing import Any

from kdedge_converters.config_rules import OFF, count, number, refuse_value
from kdedge_converters.families.decoder import (
    BLOCK,
    SILU,
    SIZES,
    attention,
    check_heads,
    gated_mlp,
    norm,
)
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.gguf_values import KeyValue, boolean, float32, uint32
from kdedge_converters.rope import read_rope
from kdedge_converters.tensor_operations import Stack

_USUAL_THETA = 10_000.0
"""What llama.cpp takes when the file does not say."""


def _read(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    rope = read_rope(
        config,
        kinds=("default",),
        context=values["max_position_embeddings"],
        rotated_fraction=0.25,
    )
    settings = Settings(values=values, rope=rope)
    check_heads(settings, is_free=False)
    if _rotated(settings) % 2 or not _rotated(settings):
        refuse_value(
            "partial_rotary_factor",
            rope.rotated_fraction,
            "an even number of rotated elements",
        )
    return settings


def _rotated(settings: Settings) -> int:
    assert settings.rope is not None
    return int(settings.rope.rotated_fraction * settings.head_dim)


def _describe(settings: Settings) -> Iterator[KeyValue]:
    assert settings.rope is not None
    yield uint32("context_length", settings.context)
    yield uint32("embedding_length", settings.hidden)
    yield uint32("block_count", settings.n_layers)
    yield uint32("feed_forward_length", settings.count("intermediate_size"))
    yield uint32("rope.dimension_count", _rotated(settings))
    yield uint32("attention.head_count", settings.n_heads)
    yield uint32("attention.head_count_kv", settings.n_kv_heads)
    yield boolean("use_parallel_residual", settings.flag("use_parallel_residual"))
    yield float32("attention.layer_norm_epsilon", settings.number("layer_norm_eps"))
    if settings.rope.theta != _USUAL_THETA:
        yield float32("rope.freq_base", settings.rope.theta)


def _rows(settings: Settings) -> Iterator[Row]:
    yield from norm("model.norm", settings.hidden, bias=True)
    yield from norm(BLOCK + "input_layernorm", settings.hidden, bias=True)
    if not settings.flag("use_parallel_residual"):
        yield from norm(BLOCK + "post_attention_layernorm", settings.hidden, bias=True)
    yield from attention(settings, qkv_bias=settings.flag("use_qkv_bias"))
    if settings.flag("qk_layernorm"):
        for name, n_heads in (("q", settings.n_heads), ("k", settings.n_kv_heads)):
            yield Row(
                name=f"{BLOCK}self_attn.{name}_layernorm.norms.{{j}}.weight",
                shape=(settings.head_dim,),
                rearrangement=Stack(n_sources=n_heads),
            )
    yield from gated_mlp(settings)


STABLELM = Family(
    architecture="stablelm",
    class_names=("StableLmForCausalLM", "StableLMEpochForCausalLM"),
    fields={
        **SIZES,
        "layer_norm_eps": number(1e-5),
        "num_key_value_heads": count(),
        "head_dim": count(None),
        "hidden_act": SILU,
        "use_qkv_bias": OFF,
        "qk_layernorm": OFF,
        "use_parallel_residual": OFF,
        "tie_word_embeddings": OFF,
    },
    renamed={"norm_eps": "layer_norm_eps"},
    read=_read,
    describe=_describe,
    rows=_rows,
    head_is_required=True,
)
