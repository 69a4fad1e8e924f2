"""Llama and its relatives: rows of queries and keys are reordered, Llama 3 stretches frequencies.

SmolLM2, DeepSeek-Coder, Code Llama and Granite's code models are Llama; Mistral is too, but for a
window; Granite multiplies at four places, SmolLM3 leaves rotary positions out of every fourth
layer.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kdedge_converters.config_rules import OFF, ON, ONLY_OFF, count, listed, number, refuse_value
from kdedge_converters.families.decoder import (
    RMS,
    SILU,
    SIZES,
    WINDOW,
    attention,
    check_heads,
    decoder_metadata,
    gated_mlp,
    refuse_window,
    two_norms,
)
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.gguf_values import KeyValue, float32, uint32
from kdedge_converters.planned import Array
from kdedge_converters.rope import llama3_divisors, read_rope
from kdedge_converters.tensor_operations import PermuteHeads

_ROPE_KINDS = ("default", "linear", "yarn", "llama3")
_SMOLLM3_PERIOD = 4
_MISTRAL_WINDOW = 4096
_FIELDS = {
    **SIZES,
    **RMS,
    "num_key_value_heads": count(None),
    "head_dim": count(None),
    "hidden_act": SILU,
    "attention_bias": OFF,
    "mlp_bias": OFF,
    "tie_word_embeddings": OFF,
}


def _read_llama(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    settings = _read(values, config)
    check_heads(settings, is_free=True)
    return Settings(
        values={**values, "head_dim": settings.head_dim},
        rope=settings.rope,
    )


def _read(
    values: Mapping[str, Any], config: Mapping[str, Any], kinds: tuple[str, ...] = _ROPE_KINDS
) -> Settings:
    context = values["max_position_embeddings"]
    rope = read_rope(config, kinds=kinds, context=context)
    if rope.rotated_fraction != 1:
        refuse_value("partial_rotary_factor", rope.rotated_fraction, 1.0)
    return Settings(values=values, rope=rope)


def _describe_llama(settings: Settings) -> Iterator[KeyValue]:
    yield from decoder_metadata(settings)
    yield uint32("vocab_size", settings.count("vocab_size"))
    yield uint32("rope.dimension_count", settings.head_dim)


def _llama_rows(settings: Settings) -> Iterator[Row]:
    yield from two_norms(settings)
    yield from attention(
        settings,
        qkv_bias=settings.flag("attention_bias"),
        output_bias=settings.flag("attention_bias"),
        moved=(
            PermuteHeads(n_heads=settings.n_heads),
            PermuteHeads(n_heads=settings.n_kv_heads),
        ),
    )
    yield from gated_mlp(settings, bias=settings.flag("mlp_bias"))


def _llama3_frequencies(settings: Settings) -> dict[str, Array]:
    if settings.rope is None or settings.rope.kind != "llama3":
        return {}
    return {"rope_freqs.weight": llama3_divisors(settings.rope, rotated=settings.head_dim)}


LLAMA = Family(
    architecture="llama",
    class_names=("LlamaForCausalLM",),
    fields=_FIELDS,
    read=_read_llama,
    describe=_describe_llama,
    rows=_llama_rows,
    computed=_llama3_frequencies,
)


def _read_mistral(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    window = config.get("sliding_window", _MISTRAL_WINDOW)  # null means none, absent does not
    settings = _read_llama({**values, "sliding_window": window}, config)
    refuse_window(settings, is_used=True)
    return settings


MISTRAL = Family(
    architecture="llama",
    class_names=("MistralForCausalLM",),
    fields={
        **_FIELDS,
        **WINDOW,
        "num_key_value_heads": count(),
        "attention_bias": ONLY_OFF,
        "mlp_bias": ONLY_OFF,
    },
    read=_read_mistral,
    describe=_describe_llama,
    rows=_llama_rows,
    computed=_llama3_frequencies,
)


def _read_granite(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    settings = _read(values, config)
    check_heads(settings, is_free=False)
    return Settings(values={**values, "head_dim": None}, rope=settings.rope)


def _describe_granite(settings: Settings) -> Iterator[KeyValue]:
    yield from _describe_llama(settings)
    yield float32("attention.scale", settings.number("attention_multiplier"))
    yield float32("embedding_scale", settings.number("embedding_multiplier"))
    yield float32("residual_scale", settings.number("residual_multiplier"))
    yield float32("logit_scale", settings.number("logits_scaling"))


GRANITE = Family(
    architecture="granite",
    class_names=("GraniteForCausalLM",),
    fields={
        **_FIELDS,
        "attention_multiplier": number(1.0),
        "embedding_multiplier": number(1.0),
        "residual_multiplier": number(1.0),
        "logits_scaling": number(1.0),
    },
    read=_read_granite,
    describe=_describe_granite,
    rows=_llama_rows,
    computed=_llama3_frequencies,
)


def _read_smollm3(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    rope = read_rope(
        config,
        kinds=("default", "linear", "yarn"),
        context=values["max_position_embeddings"],
        theta=2_000_000.0,
    )
    if rope.rotated_fraction != 1:
        refuse_value("partial_rotary_factor", rope.rotated_fraction, 1.0)
    settings = Settings(values=values, rope=rope)
    check_heads(settings, is_free=True)
    refuse_window(settings, is_used=settings.flag("use_sliding_window"))
    _check_layers_without_rope(settings)
    return settings


def _check_layers_without_rope(settings: Settings) -> None:
    """Refuse another pattern than the one llama.cpp has built in.

    Raises:
        ConversionError: Other layers go without rotary positions.
    """
    expected = [int((layer + 1) % _SMOLLM3_PERIOD != 0) for layer in range(settings.n_layers)]
    period = settings.count("no_rope_layer_interval")
    default = [int((layer + 1) % period != 0) for layer in range(settings.n_layers)]
    layers = settings.values["no_rope_layers"]
    if (default if layers is None else layers[: settings.n_layers]) != expected:
        name = "no_rope_layer_interval" if layers is None else "no_rope_layers"
        refuse_value(name, layers or period, "every fourth layer")


SMOLLM3 = Family(
    architecture="smollm3",
    class_names=("SmolLM3ForCausalLM",),
    fields={
        **_FIELDS,
        **WINDOW,
        "num_key_value_heads": count(),
        "attention_bias": ONLY_OFF,
        "mlp_bias": ONLY_OFF,
        "tie_word_embeddings": ON,
        "no_rope_layers": listed(),
        "no_rope_layer_interval": count(_SMOLLM3_PERIOD),
    },
    read=_read_smollm3,
    describe=_describe_llama,
    rows=_llama_rows,
)
