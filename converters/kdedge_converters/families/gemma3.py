"""Gemma 3, text only: four norms a block stored as differences from 1, and two kinds of layers.

Five layers in six see a window of tokens and have their own base for rotary positions. llama.cpp
has that period built in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kdedge_converters.config_rules import (
    ON,
    ONLY_OFF,
    absent,
    count,
    listed,
    number,
    refuse_value,
)
from kdedge_converters.errors import ConversionError
from kdedge_converters.families.decoder import (
    BLOCK,
    RMS,
    SIZES,
    TANH_GELU,
    attention,
    check_heads,
    decoder_metadata,
    gated_mlp,
    layer_kinds,
    norm,
    two_norms,
)
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.gguf_values import KeyValue, float32, uint32
from kdedge_converters.rope import Rope, read_rope, rope_of, rope_section
from kdedge_converters.tensor_operations import ADD_ONE

_PERIOD = 6
_LAYERS_OF_27B = 62
_THETA, _LOCAL_THETA = 1_000_000.0, 10_000.0
_KINDS = ("full_attention", "sliding_attention")


def _read(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    rope, local_rope = _ropes(config, context=values["max_position_embeddings"])
    settings = Settings(values=values, rope=rope, local_rope=local_rope)
    check_heads(settings, is_free=True)
    for each in (rope, local_rope):
        if each.rotated_fraction != 1:
            refuse_value("partial_rotary_factor", each.rotated_fraction, 1.0)
    _check_pattern(settings)
    scale = settings.number("query_pre_attn_scalar")
    is_27b = settings.n_layers == _LAYERS_OF_27B
    expected = settings.hidden // settings.n_heads if is_27b else settings.head_dim
    if scale != expected:
        refuse_value("query_pre_attn_scalar", scale, expected)
    return settings


def _check_pattern(settings: Settings) -> None:
    """Refuse another order of layers than the one llama.cpp has built in.

    Raises:
        ConversionError: Other layers have the window.
    """
    period = settings.count("sliding_window_pattern")
    kinds = layer_kinds(settings)
    if kinds is None and period != _PERIOD:
        refuse_value("sliding_window_pattern", period, _PERIOD)
    for layer, kind in enumerate(kinds or ()):
        expected = _KINDS[0 if (layer + 1) % _PERIOD == 0 else 1]
        if kind != expected:
            refuse_value(f"layer_types[{layer}]", kind, expected)


def _ropes(config: Mapping[str, Any], *, context: int) -> tuple[Rope, Rope]:
    """Return the rotary positions of the layers that see everything, and of the others.

    Raises:
        ConversionError: llama.cpp does not compute one of them.
    """
    nested = rope_section(config, "rope_parameters")
    if any(name in nested for name in _KINDS):
        whole, local = (rope_section(nested, name) for name in _KINDS)
        if unknown := set(nested) - set(_KINDS):
            refuse_value("rope_parameters", sorted(map(str, unknown)), *_KINDS)
        if config.get("rope_scaling"):
            raise ConversionError(
                "config.json has both rope_scaling and rope_parameters.",
                hint="Keep the one the model was trained with.",
            )
        flat = {**config, "rope_parameters": dict(whole)}
    else:
        flat, local = dict(config), {}
    rope = read_rope(flat, kinds=("default", "linear"), context=context, theta=_THETA)
    local_theta = config.get("rope_local_base_freq")
    local_rope = rope_of(
        {"rope_theta": local_theta, **local} if local_theta is not None else local,
        kinds=("default",),
        context=context,
        defaults=(_LOCAL_THETA, 1.0),
    )
    return rope, local_rope


def _describe(settings: Settings) -> Iterator[KeyValue]:
    yield from decoder_metadata(settings)
    if settings.values["final_logit_softcapping"] is not None:
        yield float32("final_logit_softcapping", settings.number("final_logit_softcapping"))
    yield uint32("attention.sliding_window", settings.count("sliding_window"))


def _rows(settings: Settings) -> Iterator[Row]:
    for row in _norms(settings):
        yield replace(row, arithmetic=ADD_ONE)
    yield from attention(settings)
    yield from gated_mlp(settings)


def _norms(settings: Settings) -> Iterator[Row]:
    yield from two_norms(settings)
    yield from norm(BLOCK + "pre_feedforward_layernorm", settings.hidden)
    yield from norm(BLOCK + "post_feedforward_layernorm", settings.hidden)
    yield from norm(BLOCK + "self_attn.q_norm", settings.head_dim)
    yield from norm(BLOCK + "self_attn.k_norm", settings.head_dim)


GEMMA3 = Family(
    architecture="gemma3",
    class_names=("Gemma3ForCausalLM",),
    fields={
        **SIZES,
        **RMS,
        "max_position_embeddings": count(131_072),
        "num_key_value_heads": count(),
        "head_dim": count(256),
        "hidden_activation": TANH_GELU,
        "hidden_act": TANH_GELU,
        "query_pre_attn_scalar": number(256),
        "sliding_window": count(),
        "sliding_window_pattern": count(_PERIOD),
        "layer_types": listed(),
        "final_logit_softcapping": number(None),
        "attn_logit_softcapping": absent(),
        "attention_bias": ONLY_OFF,
        "use_bidirectional_attention": ONLY_OFF,
        "tie_word_embeddings": ON,
    },
    renamed={"_sliding_window_pattern": "sliding_window_pattern"},
    read=_read,
    describe=_describe,
    rows=_rows,
)
