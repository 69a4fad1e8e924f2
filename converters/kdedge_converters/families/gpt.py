"""GPT-2 and GPT-BigCode (StarCoder, SantaCoder): learned positions, one matrix for q, k and v."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from kdedge_converters.config_rules import ON, ONLY_OFF, ONLY_ON, count, number, refuse_value
from kdedge_converters.families.decoder import TANH_GELU, check_heads, linear, norm
from kdedge_converters.family import Family, Row, Settings
from kdedge_converters.gguf_values import KeyValue, float32, uint32
from kdedge_converters.tensor_operations import TRANSPOSE

_BODY = "transformer."
_BLOCK = _BODY + "h.{i}."
_FIELDS = {
    "vocab_size": count(),
    "hidden_size": count(),
    "intermediate_size": count(None),
    "num_hidden_layers": count(),
    "num_attention_heads": count(),
    "max_position_embeddings": count(),
    "n_ctx": count(None),
    "layer_norm_epsilon": number(1e-5),
    "scale_attn_weights": ONLY_ON,
    "scale_attn_by_inverse_layer_idx": ONLY_OFF,
    "add_cross_attention": ONLY_OFF,
    "tie_word_embeddings": ON,
}
_RENAMED = {
    "n_embd": "hidden_size",
    "n_inner": "intermediate_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_positions": "max_position_embeddings",
}


def _read(values: Mapping[str, Any], _config: Mapping[str, Any]) -> Settings:
    inner = values["intermediate_size"] or 4 * values["hidden_size"]
    settings = Settings(values={**values, "intermediate_size": inner})
    check_heads(settings, is_free=False)
    if values["n_ctx"] not in (None, settings.context):
        refuse_value("n_ctx", values["n_ctx"], settings.context)
    return settings


def _describe_gpt2(settings: Settings) -> Iterator[KeyValue]:
    yield uint32("block_count", settings.n_layers)
    yield uint32("context_length", settings.context)
    yield uint32("embedding_length", settings.hidden)
    yield uint32("feed_forward_length", settings.count("intermediate_size"))
    yield uint32("attention.head_count", settings.n_heads)
    yield float32("attention.layer_norm_epsilon", settings.number("layer_norm_epsilon"))


def _rows(settings: Settings, *, n_keys: int) -> Iterator[Row]:
    hidden, inner = settings.hidden, settings.count("intermediate_size")
    yield Row(name=_BODY + "wpe.weight", shape=(settings.context, hidden))
    yield from norm(_BODY + "ln_f", hidden, bias=True)
    yield from norm(_BLOCK + "ln_1", hidden, bias=True)
    yield from norm(_BLOCK + "ln_2", hidden, bias=True)
    yield from linear(_BLOCK + "attn.c_attn", hidden + 2 * n_keys, hidden, bias=True)
    yield from linear(_BLOCK + "attn.c_proj", hidden, hidden, bias=True)
    yield from linear(_BLOCK + "mlp.c_fc", inner, hidden, bias=True)
    yield from linear(_BLOCK + "mlp.c_proj", hidden, inner, bias=True)


def _gpt2_rows(settings: Settings) -> Iterator[Row]:
    for row in _rows(settings, n_keys=settings.hidden):
        if len(row.shape) == 2 and row.name.startswith(_BLOCK):
            yield replace(row, shape=row.shape[::-1], rearrangement=TRANSPOSE)
        else:
            yield row


GPT2 = Family(
    architecture="gpt2",
    class_names=("GPT2LMHeadModel",),
    fields={**_FIELDS, "activation_function": TANH_GELU},
    renamed=_RENAMED,
    read=_read,
    describe=_describe_gpt2,
    rows=_gpt2_rows,
    embeddings=_BODY + "wte.weight",
    optional_prefix=_BODY,
)


def _describe_bigcode(settings: Settings) -> Iterator[KeyValue]:
    yield from _describe_gpt2(settings)
    yield uint32("attention.head_count_kv", 1)


def _bigcode_rows(settings: Settings) -> Iterator[Row]:
    yield from _rows(settings, n_keys=settings.head_dim)


GPT_BIGCODE = Family(
    architecture="starcoder",
    class_names=("GPTBigCodeForCausalLM",),
    fields={
        **_FIELDS,
        "activation_function": TANH_GELU,
        "multi_query": ONLY_ON,
        "num_key_value_heads": replace(count(1), only=(1,)),
    },
    renamed=_RENAMED,
    read=_read,
    describe=_describe_bigcode,
    rows=_bigcode_rows,
    embeddings=_BODY + "wte.weight",
    optional_prefix=_BODY,
)
