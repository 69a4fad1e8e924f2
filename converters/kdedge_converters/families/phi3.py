"""Phi 3 and Phi 4 mini: queries, keys and values in one matrix, gate and input in another.

Long contexts divide the frequencies by one of two lists ("longrope"); llama.cpp picks the list by
the size of the context it is opened with, transformers by the length of the text.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kdedge_converters.config_rules import OFF, ONLY_OFF, Field, count, number, refuse_value
from kdedge_converters.errors import ConversionError
from kdedge_converters.families.decoder import (
    BLOCK,
    SILU,
    SIZES,
    WINDOW,
    check_heads,
    linear,
    refuse_window,
    two_norms,
)
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.gguf_values import KeyValue, float32, uint32
from kdedge_converters.planned import Array
from kdedge_converters.rope import Rope, read_rope

_ONE = Field(types=(int,), default=1, only=(1,))
_FIRST_CONTEXT = 4096


def _read(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    named = {"original_max_position_embeddings": _FIRST_CONTEXT}
    named |= {key: value for key, value in config.items() if value is not None}
    rope = read_rope(
        _as_longrope(named),
        kinds=("default", "longrope"),
        context=values["max_position_embeddings"],
    )
    settings = Settings(values=values, rope=rope)
    check_heads(settings, is_free=False)
    refuse_window(settings, is_used=True)
    _rotated(settings)
    if rope.kind == "longrope":
        _check_longrope(settings, rope)
    return settings


def _as_longrope(config: dict[str, Any]) -> dict[str, Any]:
    """Return ``config`` with the name that transformers gives the older types "su" and "yarn"."""
    named = dict(config)
    for name in ("rope_scaling", "rope_parameters"):
        section = config.get(name)
        if isinstance(section, dict):
            kind = section.get("rope_type", section.get("type"))
            old = {"rope_type": "longrope", "type": None} if kind in ("su", "yarn") else {}
            named[name] = {**section, **old}
    return named


def _rotated(settings: Settings) -> int:
    """Return how many numbers of a head are rotated.

    Raises:
        ConversionError: Not a whole, even number of them.
    """
    assert settings.rope is not None
    fraction = settings.rope.rotated_fraction
    rotated = int(fraction * settings.hidden) // settings.n_heads
    if rotated % 2 or rotated != int(settings.head_dim * fraction):
        refuse_value("partial_rotary_factor", fraction, "an even number of rotated elements")
    return rotated


def _check_longrope(settings: Settings, rope: Rope) -> None:
    for name in ("long_factor", "short_factor"):
        if len(rope.parameters[name]) != _rotated(settings) // 2:
            raise ConversionError(
                f"config.json has {len(rope.parameters[name])} numbers in {name}, the heads need"
                f" {_rotated(settings) // 2}.",
                hint="Take config.json from where the weights come from.",
            )
    usual = _attention_factor(settings.context, rope.original_context)
    if rope.parameters.get("factor") is not None:
        stretched = rope.positive("factor") * rope.original_context
        given = _attention_factor(stretched, rope.original_context)
    else:
        given = usual
    given = rope.positive("attention_factor", given)
    if not math.isclose(given, usual, rel_tol=1e-6):
        refuse_value("attention_factor (of the rotary positions)", given, usual)


def _attention_factor(context: float, original: int) -> float:
    """Return what longrope multiplies with; https://arxiv.org/abs/2402.13753, equation 6."""
    scale = context / original
    return math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0


def _describe(settings: Settings) -> Iterator[KeyValue]:
    assert settings.rope is not None
    rope = settings.rope
    yield uint32("context_length", settings.context)
    yield uint32("rope.scaling.original_context_length", rope.original_context)
    yield uint32("embedding_length", settings.hidden)
    yield uint32("feed_forward_length", settings.count("intermediate_size"))
    yield uint32("block_count", settings.n_layers)
    yield uint32("attention.head_count", settings.n_heads)
    yield uint32("attention.head_count_kv", settings.n_kv_heads)
    yield float32("attention.layer_norm_rms_epsilon", settings.number("rms_norm_eps"))
    yield uint32("rope.dimension_count", _rotated(settings))
    yield float32("rope.freq_base", rope.theta)
    window = settings.values["sliding_window"]
    yield KeyValue(key="attention.sliding_window", value=window or 0, kind=uint32("", 0).kind)
    if rope.kind == "longrope":
        factor = _attention_factor(settings.context, rope.original_context)
        yield float32("rope.scaling.attn_factor", factor)


def _rows(settings: Settings) -> Iterator[Row]:
    hidden, inner = settings.hidden, settings.count("intermediate_size")
    n_all = (settings.n_heads + 2 * settings.n_kv_heads) * settings.head_dim
    yield from two_norms(settings)
    yield from linear(BLOCK + "self_attn.qkv_proj", n_all, hidden)
    yield from linear(BLOCK + "self_attn.o_proj", hidden, hidden)
    yield from linear(BLOCK + "mlp.gate_up_proj", 2 * inner, hidden)
    yield from linear(BLOCK + "mlp.down_proj", hidden, inner)


def _factors(settings: Settings) -> dict[str, Array]:
    rope = settings.rope
    if rope is None or rope.kind != "longrope":
        return {}
    return {
        "rope_factors_long.weight": np.array(rope.parameters["long_factor"], np.float32),
        "rope_factors_short.weight": np.array(rope.parameters["short_factor"], np.float32),
    }


PHI3 = Family(
    architecture="phi3",
    class_names=("Phi3ForCausalLM",),
    fields={
        **SIZES,
        **WINDOW,
        "rms_norm_eps": number(1e-5),
        "num_key_value_heads": count(None),
        "head_dim": count(None),
        "hidden_act": SILU,
        "attention_bias": ONLY_OFF,
        "mlp_bias": ONLY_OFF,
        "lm_head_bias": ONLY_OFF,
        "full_attn_mod": _ONE,
        "interpolate_factor": _ONE,
        "tie_word_embeddings": OFF,
    },
    read=_read,
    describe=_describe,
    rows=_rows,
    computed=_factors,
)
