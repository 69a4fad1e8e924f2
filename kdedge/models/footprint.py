"""How much memory a GGUF model will take, before anything is loaded.

The KV cache is exact. The rest was derived from llama.cpp's graph and fitted to measurements of
three architectures (``benchmarks/memory_prediction.py`` repeats them); it is meant for models that
run on the CPU. What counts is what gets touched: llama.cpp reserves compute buffers for the logits
of every row, and memory that nobody writes to is never handed out.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.core.machine import MachineFacts
from kdedge.models.header import Header, SkippedArray
from kdedge.models.kv_cache import AttentionShape, ContextLayout, attention_shape, kv_cache_bytes
from kdedge.models.repacking import repacked_bytes

__all__ = ["ContextLayout", "Fit", "Footprint", "fit_of", "predict"]

Fit = Literal["fits", "tight", "short"]

_MIB = 1024**2
_PROCESS_BYTES = 9 * _MIB
"""A Python process with llama.cpp's bindings and libraries, nothing loaded."""
_VOCABULARY_ENTRY_BYTES = 160
"""llama.cpp's tables, for each token and each merge."""
_MODEL_BYTES = int(1.5 * _MIB)
"""Its objects for layers and tensors."""
_GRAPH_BYTES = int(2.2 * _MIB)
"""Graphs, batches and the threads' own buffers."""
_COMFORT_FRACTION = 0.05
_COMFORT_LEAST_BYTES = 256 * _MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What a model is predicted to take, and whether that is there."""

    weights_bytes: int
    """All tensors; mapped from the file, so the system can drop and read them again."""
    kv_cache_bytes: int
    compute_bytes: int
    """Intermediate results of one batch, as far as they get touched."""
    output_bytes: int
    """Logits handed out: one row of the vocabulary a sequence."""
    repacked_bytes: int
    """Copies of weights in another layout; their originals are not read again."""
    base_bytes: int
    """The process itself, llama.cpp's libraries and the vocabulary."""
    anon_bytes: int
    """Anonymous memory: everything but the mapped weights; cannot be dropped."""
    needs_bytes: int
    """Anonymous memory and the mapped weights that are read for every token."""
    available_bytes: int
    """What the machine has free."""
    fit: Fit
    """``tight``: it goes in, but leaves less than a twentieth of the machine's memory."""
    short_by_bytes: int
    """What is missing; 0 when it goes in."""

    def as_json(self) -> dict[str, Json]:
        """Return the ``predicted`` object of a result document."""
        return asdict(self)


def predict(
    header: Header,
    *,
    layout: ContextLayout,
    machine: MachineFacts,
    process_bytes: int = _PROCESS_BYTES,
) -> Footprint:
    """Return what the model of ``header`` will take on ``machine``.

    Args:
        header: Its header.
        layout: The context it will get.
        machine: For its CPU features and free memory.
        process_bytes: Anonymous memory of the process before it loads anything.

    Raises:
        KdedgeError: The architecture's memory is not known, or the file is one of several.
    """
    if header.n_files > 1:
        raise KdedgeError(
            f"The file is one of {header.n_files} parts of a model.",
            hint="Join them first with llama.cpp's `llama-gguf-split --merge`.",
        )
    n_vocab = header.n_vocab or 0
    kv = kv_cache_bytes(header, layout)
    output = 4 * n_vocab * layout.n_sequences
    compute = _compute_bytes(header, layout, attention_shape(header))
    repacked = repacked_bytes(header, cpu_features=machine.cpu_features)
    base = process_bytes + _MODEL_BYTES + _GRAPH_BYTES + _vocabulary_bytes(header)
    anon = kv + output + compute + repacked + base
    needs = anon + header.weights_bytes - repacked
    available = machine.memory_available_bytes
    return Footprint(
        weights_bytes=header.weights_bytes,
        kv_cache_bytes=kv,
        compute_bytes=compute,
        output_bytes=output,
        repacked_bytes=repacked,
        base_bytes=base,
        anon_bytes=anon,
        needs_bytes=needs,
        available_bytes=available,
        fit=fit_of(needs, available_bytes=available, total_bytes=machine.memory_total_bytes),
        short_by_bytes=max(0, needs - available),
    )


def fit_of(needs_bytes: int, *, available_bytes: int, total_bytes: int) -> Fit:
    """Return whether ``needs_bytes`` go into what is free, and leave the machine some room.

    Args:
        needs_bytes: What is predicted.
        available_bytes: What the machine has free now.
        total_bytes: All memory of the machine.
    """
    if needs_bytes > available_bytes:
        return "short"
    comfort = max(_COMFORT_LEAST_BYTES, int(_COMFORT_FRACTION * total_bytes))
    return "tight" if needs_bytes + comfort > available_bytes else "fits"


def _compute_bytes(header: Header, layout: ContextLayout, shape: AttentionShape) -> int:
    """Return what one batch touches: the widest of three stages, beside the attention mask.

    Feed-forward: the residual stream and what is normed and added (3 rows of the model's width),
    gate, up and their product (3 of the inner width), and rows of the heads' width that still lie
    there. Attention without flash attention: scores before and after the softmax, of every head
    over every cell. Output: the logits of one row a sequence, above part of the feed-forward.
    """
    width = header.count("embedding_length") or 0
    inner = _widest_inner(header)
    heads_width = shape.n_heads * shape.key_length
    feed_forward = 4 * layout.n_rows * (3 * width + 3 * inner + 2 * heads_width)
    scores = 8 * layout.n_rows * layout.n_cells * shape.n_heads
    attention = 0 if layout.flash_attention else scores + 4 * layout.n_rows * 3 * width
    logits = 4 * (header.n_vocab or 0) * layout.n_sequences + feed_forward // 3
    mask_elements = layout.n_rows * layout.n_cells * (2 if any(shape.windowed) else 1)
    mask = mask_elements * (2 if layout.flash_attention else 4)
    return max(feed_forward, attention, logits) + mask


def _widest_inner(header: Header) -> int:
    value = header.metadata.get(f"{header.architecture}.feed_forward_length")
    if isinstance(value, tuple):
        return max((each for each in value if isinstance(each, int)), default=0)
    experts = (header.count("expert_feed_forward_length") or 0) * (
        header.count("expert_used_count") or 0
    )
    return max(header.count("feed_forward_length") or 0, experts)


def _vocabulary_bytes(header: Header) -> int:
    merges = header.metadata.get("tokenizer.ggml.merges")
    n_merges = merges.length if isinstance(merges, SkippedArray) else 0
    return _VOCABULARY_ENTRY_BYTES * ((header.n_vocab or 0) + n_merges)
