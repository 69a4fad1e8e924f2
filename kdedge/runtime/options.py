"""The values a caller hands to the runtime and gets back; no llama.cpp in here."""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "end_of_generation", "length", "context_full", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How a GGUF file is loaded and how much room its sequences get."""

    context_tokens: int = 1536
    """Room of one sequence, prompt and completion together."""
    n_sequences: int = 16
    """Completions decoded side by side."""
    n_threads: int | None = None
    """``None``: one a physical core this process may use."""
    n_gpu_layers: int = 0
    """Layers on the GPU; -1 is all of them."""
    prefill_chunk_tokens: int = 256
    """Longest piece of a prompt decoded at once: running sequences wait no longer than that."""
    alone: bool = False
    """One completion at a time, as an assistant serves: the room of one sequence is all there is,
    and it keeps what the last request left there. Completions are then not those of a batch, byte
    for byte; ``n_sequences`` has no meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn; temperature 0 is greedy, the rest then has no effect."""

    temperature: float = 0.0
    top_k: int = 0
    """0 keeps all tokens."""
    top_p: float = 1.0
    min_p: float = 0.0

    def __post_init__(self) -> None:
        if self.temperature < 0 or self.top_k < 0:
            raise ValueError("temperature and top_k cannot be negative")
        if not 0 < self.top_p <= 1 or not 0 <= self.min_p <= 1:
            raise ValueError("top_p lies in (0, 1], min_p in [0, 1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a chat that has been said already."""

    role: Literal["system", "user", "assistant"]
    content: str

    def __post_init__(self) -> None:
        if self.role not in {"system", "user", "assistant"}:
            raise ValueError(f"{self.role!r} is nobody in a chat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is put to the model: plain text, a chat turn, or code around a gap."""

    text: str = ""
    """The prompt itself; for a chat the user's message; for a gap the code before it."""
    kind: Literal["completion", "chat", "fill"] = "completion"
    history: tuple[Turn, ...] = ()
    """Chat only: what was said before, oldest first."""
    assistant_prefill: str = ""
    """Chat only: how the assistant's turn already begins; the completion goes on from there."""
    suffix: str = ""
    """Gap only: the code after it."""
    shared_length: int = 0
    """Leading characters of ``text`` that other prompts share; they are prefilled once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion that is wanted. Equal requests give equal completions, byte for byte.

    Except with ``LoadOptions.alone``, where the cache of the last request is made use of.
    """

    request_id: str
    prompt: Prompt
    sampling: Sampling
    seed: int = 0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the model wrote, why it ended, and when."""

    request_id: str
    text: str
    """Without the stop string; an unfinished UTF-8 character at the end is dropped."""
    finish_reason: FinishReason
    n_prompt_tokens: int
    n_tokens: int
    """Tokens drawn, the one that ended the completion included."""
    ttft_s: float
    """From the first prefill of this prompt to the first token; 0 work when it was shared."""
    decode_s: float
    """From the first token to the last."""
    token_times_ns: tuple[int, ...] = ()
    """``perf_counter_ns`` of each token, when it was available to the caller."""
    n_cached_tokens: int = 0
    """Leading tokens of the prompt that an earlier request had left in the cache."""
