"""The size of a model's KV cache, to the byte, from its header.

Follows llama.cpp: every layer keeps one row of keys and one of values a token; a sequence's room
is a multiple of 256 tokens; layers with a sliding window may keep only that.
"""

from dataclasses import dataclass
from typing import NoReturn

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header
from kdedge.models.quant_types import QUANT_TYPES_BY_NAME

CELL_MULTIPLE = 256
MAX_LAYERS = 4096
_WINDOW_EVERY = {"gemma2": 2, "gemma3": 6, "cohere2": 4, "gpt-oss": 2}
"""Of so many layers in a row all but the last have the sliding window."""
_OTHER_MEMORY = (
    "attention.kv_lora_rank",
    "attention.key_length_swa",
    "attention.shared_kv_layers",
    "ssm.state_size",
    "ssm.conv_kernel",
    "wkv.head_size",
    "shortconv.l_cache",
    "full_attention_interval",
)
"""Keys of models whose memory of the past is no plain KV cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLayout:
    """How much room a context gives to its sequences."""

    n_ctx_per_sequence: int
    """Tokens of one sequence, prompt and completion together."""
    n_sequences: int = 1
    """Each with a KV stream of its own."""
    n_ubatch: int = 512
    """Most tokens that are computed at once."""
    cache_type_k: str = "F16"
    cache_type_v: str = "F16"
    flash_attention: bool = True
    """llama.cpp's ``auto`` is on, on the CPU."""
    full_window: bool = True
    """Layers with a sliding window keep the whole context (llama.cpp ``swa_full``)."""

    def __post_init__(self) -> None:
        if min(self.n_ctx_per_sequence, self.n_sequences, self.n_ubatch) < 1:
            raise ValueError("a context has at least one token, sequence and row")

    @property
    def n_cells(self) -> int:
        """Return the room of one sequence as llama.cpp rounds it, in tokens."""
        return _padded(self.n_ctx_per_sequence)

    @property
    def n_rows(self) -> int:
        """Return the most tokens that one computation really has."""
        return min(self.n_ubatch, self.n_cells * self.n_sequences)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionShape:
    """The sizes that fix a decoder's KV cache."""

    kv_heads: tuple[int, ...]
    """Key/value heads of each layer."""
    n_heads: int
    """Query heads of the layer that has most."""
    key_length: int
    """Elements of a head's key."""
    value_length: int
    windowed: tuple[bool, ...]
    """Which layers only look at the last ``window`` tokens."""
    window: int


def kv_cache_bytes(header: Header, layout: ContextLayout) -> int:
    """Return the size of the KV cache in bytes; exactly what llama.cpp allocates.

    Raises:
        KdedgeError: The architecture keeps something else, or a head does not fill whole blocks.
    """
    shape = attention_shape(header)
    key_bytes = _row_bytes(shape.key_length, layout.cache_type_k)
    value_bytes = _row_bytes(shape.value_length, layout.cache_type_v)
    windowed_cells = layout.n_cells
    if not layout.full_window:
        windowed_cells = min(layout.n_cells, _padded(shape.window + layout.n_rows))
    cells_and_heads = sum(
        heads * (windowed_cells if windowed else layout.n_cells)
        for heads, windowed in zip(shape.kv_heads, shape.windowed, strict=True)
    )
    return layout.n_sequences * cells_and_heads * (key_bytes + value_bytes)


def kv_bytes_per_token(header: Header) -> int:
    """Return what one more token of context takes in a cache of F16, in bytes.

    Raises:
        KdedgeError: The architecture keeps something else than a plain KV cache.
    """
    shape = attention_shape(header)
    return 2 * sum(shape.kv_heads) * (shape.key_length + shape.value_length)


def attention_shape(header: Header) -> AttentionShape:
    """Return the sizes that fix the KV cache.

    Raises:
        KdedgeError: The header lacks them, or the architecture keeps something else.
    """
    prefix = header.architecture
    other = next((key for key in _OTHER_MEMORY if f"{prefix}.{key}" in header.metadata), None)
    if other is not None:
        _refuse(header, f"it keeps something else than a plain KV cache ({other})")
    n_layers = header.count("block_count") or 0
    width = header.count("embedding_length") or 0
    heads = _per_layer(header, "attention.head_count", n_layers, default=())
    kv_heads = _per_layer(header, "attention.head_count_kv", n_layers, default=heads)
    n_heads = max(heads, default=0)
    key_length = header.count("attention.key_length") or (width // n_heads if n_heads else 0)
    value_length = header.count("attention.value_length") or key_length
    if (
        not 0 < n_layers <= MAX_LAYERS
        or not n_heads
        or not key_length
        or len(kv_heads) != n_layers
    ):
        _refuse(header, "its header does not tell layers, heads and their length")
    window = header.count("attention.sliding_window") or 0
    every = _WINDOW_EVERY.get(prefix, 0) if window else 0
    return AttentionShape(
        kv_heads=kv_heads,
        n_heads=n_heads,
        key_length=key_length,
        value_length=value_length,
        windowed=tuple(every > 0 and layer % every < every - 1 for layer in range(n_layers)),
        window=window,
    )


def _per_layer(
    header: Header, key: str, n_layers: int, *, default: tuple[int, ...]
) -> tuple[int, ...]:
    value = header.metadata.get(f"{header.architecture}.{key}")
    if isinstance(value, tuple):
        usable = all(isinstance(each, int) and 0 <= each < 2**20 for each in value)
        return tuple(int(each) for each in value) if usable else ()
    count = header.count(key)
    return default if count is None else (count,) * min(n_layers, MAX_LAYERS)


def _row_bytes(length: int, type_name: str) -> int:
    known = QUANT_TYPES_BY_NAME.get(type_name.upper())
    if known is None:
        raise KdedgeError(
            f"{type_name} is no type of a KV cache.", hint="Use F16, BF16, Q8_0 or Q4_0."
        )
    if length % known.block_elements:
        raise KdedgeError(
            f"{known.name} needs blocks of {known.block_elements}, a head has {length} elements.",
            hint="Use a KV cache of F16.",
        )
    return length // known.block_elements * known.block_bytes


def _refuse(header: Header, why: str) -> NoReturn:
    raise KdedgeError(
        f"The memory of a {header.architecture} model cannot be predicted: {why}.",
        hint="Measure it with `kdedge profile`.",
    )


def _padded(tokens: int) -> int:
    return -(-tokens // CELL_MULTIPLE) * CELL_MULTIPLE
