"""What the assistant asks of the model, and what it hears back."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One completion that is wanted."""

    kind: Literal["chat", "completion", "fill"]
    messages: tuple[Message, ...] = ()
    """Chat: all turns, the oldest first. A last turn of the assistant is gone on with."""
    text: str = ""
    """Completion: the prompt. Fill: the code before the gap."""
    suffix: str = ""
    """Fill: the code after the gap."""
    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    seed: int = 0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()

    def to_wire(self, request_id: str) -> dict[str, Any]:
        """Return the order to generate it.

        Raises:
            ValueError: A chat without a turn of the user.
        """
        sampling = {
            "temperature": self.temperature,
            "top_k": self.top_k,
            "top_p": self.top_p,
            "min_p": self.min_p,
        }
        request = {
            "request_id": request_id,
            "prompt": self._prompt(),
            "sampling": sampling,
            "seed": self.seed,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop),
        }
        return {"op": "generate", "stream": True, "requests": [request]}

    def _prompt(self) -> dict[str, Any]:
        if self.kind != "chat":
            suffix = self.suffix if self.kind == "fill" else ""
            return {"kind": self.kind, "text": self.text, "suffix": suffix}
        said = list(self.messages)
        prefill = said.pop().text if said and said[-1].role == "assistant" else ""
        if not said or said[-1].role != "user":
            raise ValueError("a chat needs a turn of the user to answer")
        *history, last = said
        turns = [{"role": turn.role, "content": turn.text} for turn in history]
        return {
            "kind": "chat",
            "text": last.text,
            "history": turns,
            "assistant_prefill": prefill,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """A model that is wanted, and how."""

    path: str
    context_tokens: int
    n_threads: int | None
    """``None``: one a physical core."""
    n_gpu_layers: int

    def to_wire(self) -> dict[str, Any]:
        """Return the order to load it."""
        options = {
            "context_tokens": self.context_tokens,
            "n_threads": self.n_threads,
            "n_gpu_layers": self.n_gpu_layers,
            "n_sequences": 1,
            "alone": True,
        }
        return {"op": "load", "path": self.path, "options": options, "watch": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFacts:
    """What the worker says of the model it has loaded."""

    load_s: float
    n_threads: int
    n_ctx_train: int
    """Tokens the model was made for."""
    has_chat_template: bool
    has_fim: bool
    context_tokens: int
    """Room for prompt and completion together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One completion, whole."""

    request_id: str
    text: str
    finish_reason: str
    """``stop``, ``end_of_generation``, ``length``, ``context_full`` or ``cancelled``."""
    n_prompt_tokens: int
    n_tokens: int
    ttft_s: float
    decode_s: float

    @property
    def decode_tokens_per_s(self) -> float | None:
        """Return the decode speed; ``None`` where there is none: one token or less."""
        gaps = self.n_tokens - 1
        return gaps / self.decode_s if gaps > 0 and self.decode_s > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStat:
    """How a completion is going, some times a second."""

    request_id: str
    n_tokens: int
    tokens_per_s: float | None
    """Of decode; ``None`` until the second token."""
    ttft_s: float | None
    context_used_tokens: int
    context_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerMemory:
    """What the worker has in memory."""

    rss_bytes: int


def read_loaded(message: dict[str, Any], *, context_tokens: int) -> LoadedFacts:
    """Return the facts inside a ``load`` answer.

    Raises:
        KeyError: One is missing.
    """
    return LoadedFacts(
        load_s=float(message["load_s"]),
        n_threads=int(message["n_threads"]),
        n_ctx_train=int(message["n_ctx_train"]),
        has_chat_template=bool(message["has_chat_template"]),
        has_fim=bool(message["has_fim"]),
        context_tokens=context_tokens,
    )


def read_finished(message: dict[str, Any]) -> Finished:
    """Return the completion inside a ``done``.

    Raises:
        KeyError: Something is missing.
    """
    names = tuple(Finished.__dataclass_fields__)
    return Finished(**{name: message[name] for name in names})


def read_live(message: dict[str, Any], *, context_tokens: int) -> LiveStat:
    """Return the numbers inside a ``live``.

    Raises:
        KeyError: Something is missing.
    """
    return LiveStat(
        request_id=str(message["request_id"]),
        n_tokens=int(message["n_tokens"]),
        tokens_per_s=message["tokens_per_s"],
        ttft_s=message["ttft_s"],
        context_used_tokens=int(message["context_used_tokens"]),
        context_tokens=context_tokens,
    )
