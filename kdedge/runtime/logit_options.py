"""How a model is loaded when all of its logits are wanted; no llama.cpp in here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LOGIT_BYTES = 4
ROW_STEP = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitOptions:
    """What the numbers that come out depend on, and how much is held at once."""

    context_tokens: int = 512
    """Longest sequence."""
    cache_type: Literal["F16", "F32"] = "F16"
    """Type of keys and values in the cache; F32 for proofs."""
    flash_attention: Literal["auto", "off"] = "auto"
    n_threads: int | None = None
    """``None``: one a physical core this process may use."""
    n_gpu_layers: int = 0
    """Layers on the GPU; -1 is all of them."""
    adapter: Path | None = None
    """A LoRA adapter in GGUF, applied at scale 1."""
    piece_bytes: int = 64 * 1024**2
    """Logits held at once, about; llama.cpp and we hold as much each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitModel:
    """What the child says of the model it has loaded."""

    n_vocab: int
    n_ctx_train: int
    bos: int | None
    """The token that begins every sequence, if the file asks for one."""
    vocabulary_sha256: str
    """Of all tokens in the order of their ids: equal for models that share a vocabulary."""
    n_threads: int


def rows_in_a_piece(n_vocab: int, *, most_bytes: int) -> int:
    """Return how many rows of logits ``most_bytes`` can hold: a multiple of 32, at least 32.

    Fewer tokens in one decode would leave the matrix kernels without work, and other multiples
    give some of their rows to other kernels, which round differently.
    """
    rows = most_bytes // (n_vocab * LOGIT_BYTES)
    return max(rows // ROW_STEP, 1) * ROW_STEP
