"""Qwen 2 (and 2.5, with its coders) and Qwen 3."""

from collections.abc import Iterator, Mapping
from typing import Any

from kdedge_converters.config_rules import OFF, ONLY_OFF, count, refuse_value
from kdedge_converters.families.decoder import (
    BLOCK,
    RMS,
    SILU,
    SIZES,
    WINDOW,
    attention,
    check_heads,
    decoder_metadata,
    gated_mlp,
    norm,
    refuse_window,
    two_norms,
)
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.rope import read_rope

_FIELDS = {
    **SIZES,
    **RMS,
    **WINDOW,
    "num_key_value_heads": count(),
    "hidden_act": SILU,
    "tie_word_embeddings": OFF,
}


def _read(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    rope = read_rope(
        config, kinds=("default", "linear", "yarn"), context=values["max_position_embeddings"]
    )
    if rope.rotated_fraction != 1:
        refuse_value("partial_rotary_factor", rope.rotated_fraction, 1.0)
    settings = Settings(values=values, rope=rope)
    refuse_window(settings, is_used=settings.flag("use_sliding_window"))
    return settings


def _read_qwen2(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    settings = _read(values, config)
    check_heads(settings, is_free=False)
    return settings


def _read_qwen3(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    settings = _read(values, config)
    check_heads(settings, is_free=True)
    return settings


def _qwen2_rows(settings: Settings) -> Iterator[Row]:
    yield from two_norms(settings)
    yield from attention(settings, qkv_bias=True)
    yield from gated_mlp(settings)


def _qwen3_rows(settings: Settings) -> Iterator[Row]:
    yield from two_norms(settings)
    yield from attention(settings)
    yield from norm(BLOCK + "self_attn.q_norm", settings.head_dim)
    yield from norm(BLOCK + "self_attn.k_norm", settings.head_dim)
    yield from gated_mlp(settings)


QWEN2 = Family(
    architecture="qwen2",
    class_names=("Qwen2ForCausalLM",),
    fields={**_FIELDS, "head_dim": count(None)},
    read=_read_qwen2,
    describe=decoder_metadata,
    rows=_qwen2_rows,
)
QWEN3 = Family(
    architecture="qwen3",
    class_names=("Qwen3ForCausalLM",),
    fields={**_FIELDS, "head_dim": count(128), "attention_bias": ONLY_OFF},
    read=_read_qwen3,
    describe=decoder_metadata,
    rows=_qwen3_rows,
)
