"""StarCoder 2: layer norms and biases throughout, a plain feed-forward network."""

from collections.abc import Iterator, Mapping
from typing import Any

from kdedge_converters.config_rules import ON, ONLY_ON, choice, count, number, refuse_value
from kdedge_converters.families.decoder import (
    BLOCK,
    SIZES,
    TANH_GELU,
    WINDOW,
    attention,
    check_heads,
    decoder_metadata,
    linear,
    refuse_window,
    two_norms,
)
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.rope import read_rope


def _read(values: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    rope = read_rope(
        config, kinds=("default", "linear", "yarn"), context=values["max_position_embeddings"]
    )
    if rope.rotated_fraction != 1:
        refuse_value("partial_rotary_factor", rope.rotated_fraction, 1.0)
    settings = Settings(values=values, rope=rope)
    check_heads(settings, is_free=False)
    refuse_window(settings, is_used=True)
    return settings


def _rows(settings: Settings) -> Iterator[Row]:
    inner = settings.count("intermediate_size")
    yield from two_norms(settings, bias=True)
    yield from attention(settings, qkv_bias=True, output_bias=True)
    yield from linear(BLOCK + "mlp.c_fc", inner, settings.hidden, bias=True)
    yield from linear(BLOCK + "mlp.c_proj", settings.hidden, inner, bias=True)


STARCODER2 = Family(
    architecture="starcoder2",
    class_names=("Starcoder2ForCausalLM",),
    fields={
        **SIZES,
        **WINDOW,
        "layer_norm_eps": number(1e-5),
        "num_key_value_heads": count(),
        "head_dim": count(None),
        "hidden_act": TANH_GELU,
        "use_bias": ONLY_ON,
        "mlp_type": choice("default"),
        "norm_type": choice("layer_norm"),
        "tie_word_embeddings": ON,
    },
    renamed={"norm_epsilon": "layer_norm_eps"},
    read=_read,
    describe=decoder_metadata,
    rows=_rows,
)
