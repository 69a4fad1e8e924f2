"""What most decoders have in common: their fields, metadata, tensors, and rules about windows."""

from collections.abc import Iterator
from typing import NoReturn

from kdedge_converters.config_rules import (
    OFF,
    ONLY_ON,
    choice,
    count,
    listed,
    number,
    refuse_value,
)
from kdedge_converters.errors import ConversionError
from kdedge_converters.family import Row, Settings
from kdedge_converters.gguf_values import KeyValue, float32, text, uint32
from kdedge_converters.rope import Rope
from kdedge_converters.tensor_operations import KEEP, Rearrangement

SILU = choice("silu", "swish")
TANH_GELU = choice("gelu_pytorch_tanh", "gelu_new", "gelu_fast")
SIZES = {
    "vocab_size": count(),
    "hidden_size": count(),
    "intermediate_size": count(),
    "num_hidden_layers": count(),
    "num_attention_heads": count(),
    "max_position_embeddings": count(),
    "is_causal": ONLY_ON,
}
WINDOW = {
    "sliding_window": count(None),
    "use_sliding_window": OFF,
    "layer_types": listed(),
}
RMS = {"rms_norm_eps": number(1e-6)}
BLOCK = "model.layers.{i}."
_HINT = "Take config.json from where the weights come from."


def check_heads(settings: Settings, *, is_free: bool) -> None:
    """Refuse heads that do not divide up.

    Args:
        settings: The checked configuration.
        is_free: The width of a head need not be the model's width over the number of heads.

    Raises:
        ConversionError: The numbers of heads or their width do not fit each other.
    """
    hidden, n_heads, n_kv_heads = settings.hidden, settings.n_heads, settings.n_kv_heads
    head_dim = settings.values.get("head_dim")
    if hidden % n_heads and head_dim is None:
        _refuse_heads(f"num_attention_heads = {n_heads}, which does not divide {hidden}")
    if n_heads % n_kv_heads:
        _refuse_heads(f"num_key_value_heads = {n_kv_heads}, which does not divide {n_heads}")
    if settings.rope is not None and settings.head_dim % 2:
        _refuse_heads(f"head_dim = {settings.head_dim}; rotary positions need pairs")
    if not is_free and head_dim is not None and head_dim * n_heads != hidden:
        refuse_value("head_dim", head_dim, hidden // n_heads)


def _refuse_heads(told: str) -> NoReturn:
    raise ConversionError(f"config.json has {told}.", hint=_HINT)


def refuse_window(settings: Settings, *, is_used: bool) -> None:
    """Refuse a sliding window that the context is longer than.

    Within a context that ends where the window does, both compute the same.

    Args:
        settings: The checked configuration; llama.cpp knows no window for it.
        is_used: The configuration switches the window on.

    Raises:
        ConversionError: Some layer sees less than the whole context.
    """
    values = settings.values
    kinds = layer_kinds(settings)
    window = values.get("sliding_window")
    slides = is_used if kinds is None else "sliding_attention" in kinds
    if slides and window is not None and window < settings.context:
        raise ConversionError(
            f"The model looks back {window} tokens only (sliding_window), and llama.cpp has no"
            " window for it.",
            hint=f"Set max_position_embeddings to {window} in config.json for a file that is"
            " exact up to that length, where the window changes nothing.",
        )


def layer_kinds(settings: Settings) -> list[str] | None:
    """Return the kind of attention of each layer; ``None`` when the configuration says nothing.

    Raises:
        ConversionError: Some layer has another kind than full attention or a window.
    """
    kinds = settings.values.get("layer_types")
    if kinds is None:
        return None
    if len(kinds) != settings.n_layers:
        raise ConversionError(
            f"config.json has {len(kinds)} layer_types for {settings.n_layers} layers.", hint=_HINT
        )
    for kind in kinds:
        if kind not in ("full_attention", "sliding_attention"):
            refuse_value("layer_types", kind, "full_attention", "sliding_attention")
    return list(kinds)


def decoder_metadata(settings: Settings) -> Iterator[KeyValue]:
    """Yield the entries most architectures have."""
    yield uint32("block_count", settings.n_layers)
    yield uint32("context_length", settings.context)
    yield uint32("embedding_length", settings.hidden)
    yield uint32("feed_forward_length", settings.count("intermediate_size"))
    yield uint32("attention.head_count", settings.n_heads)
    yield uint32("attention.head_count_kv", settings.n_kv_heads)
    if settings.rope is not None:
        yield from rope_metadata(settings.rope)
    if settings.local_rope is not None:
        yield float32("rope.freq_base_swa", settings.local_rope.theta)
    if "rms_norm_eps" in settings.values:
        yield float32("attention.layer_norm_rms_epsilon", settings.number("rms_norm_eps"))
    if "layer_norm_eps" in settings.values:
        yield float32("attention.layer_norm_epsilon", settings.number("layer_norm_eps"))
    if settings.values.get("head_dim") is not None:
        yield uint32("attention.key_length", settings.head_dim)
        yield uint32("attention.value_length", settings.head_dim)


def rope_metadata(rope: Rope) -> Iterator[KeyValue]:
    """Yield the entries about rotary positions."""
    if rope.kind in {"linear", "yarn"}:
        yield text("rope.scaling.type", rope.kind)
        yield float32("rope.scaling.factor", rope.positive("factor"))
    if rope.kind == "yarn":
        yield uint32("rope.scaling.original_context_length", rope.original_context)
        for key, name in (
            ("yarn_attn_factor", "attention_factor"),
            ("yarn_beta_fast", "beta_fast"),
            ("yarn_beta_slow", "beta_slow"),
        ):
            if rope.parameters.get(name):
                yield float32(f"rope.scaling.{key}", rope.positive(name))
    yield float32("rope.freq_base", rope.theta)


def linear(
    name: str, *shape: int, bias: bool = False, moved: Rearrangement = KEEP
) -> Iterator[Row]:
    """Yield the rows of a linear layer with weights of ``shape`` (outputs, inputs)."""
    yield Row(name=f"{name}.weight", shape=shape, rearrangement=moved)
    if bias:
        yield Row(name=f"{name}.bias", shape=shape[:1], rearrangement=moved)


def norm(name: str, width: int, *, bias: bool = False) -> Iterator[Row]:
    """Yield the rows of a norm."""
    yield Row(name=f"{name}.weight", shape=(width,))
    if bias:
        yield Row(name=f"{name}.bias", shape=(width,))


def attention(
    settings: Settings,
    *,
    qkv_bias: bool = False,
    output_bias: bool = False,
    moved: tuple[Rearrangement, Rearrangement] = (KEEP, KEEP),
) -> Iterator[Row]:
    """Yield the rows of attention with separate projections.

    Args:
        settings: The checked configuration.
        qkv_bias: Queries, keys and values have a bias.
        output_bias: The output projection has one.
        moved: What happens to the rows of queries and of keys.
    """
    name, hidden = BLOCK + "self_attn.", settings.hidden
    n_query = settings.n_heads * settings.head_dim
    n_key = settings.n_kv_heads * settings.head_dim
    yield from linear(f"{name}q_proj", n_query, hidden, bias=qkv_bias, moved=moved[0])
    yield from linear(f"{name}k_proj", n_key, hidden, bias=qkv_bias, moved=moved[1])
    yield from linear(f"{name}v_proj", n_key, hidden, bias=qkv_bias)
    yield from linear(f"{name}o_proj", hidden, n_query, bias=output_bias)


def gated_mlp(settings: Settings, *, bias: bool = False) -> Iterator[Row]:
    """Yield the rows of a feed-forward network with a gate."""
    name, hidden, inner = BLOCK + "mlp.", settings.hidden, settings.count("intermediate_size")
    yield from linear(f"{name}gate_proj", inner, hidden, bias=bias)
    yield from linear(f"{name}up_proj", inner, hidden, bias=bias)
    yield from linear(f"{name}down_proj", hidden, inner, bias=bias)


def two_norms(settings: Settings, *, bias: bool = False) -> Iterator[Row]:
    """Yield the rows of the norms before attention, before the network, and at the end."""
    yield from norm(BLOCK + "input_layernorm", settings.hidden, bias=bias)
    yield from norm(BLOCK + "post_attention_layernorm", settings.hidden, bias=bias)
    yield from norm("model.norm", settings.hidden, bias=bias)
