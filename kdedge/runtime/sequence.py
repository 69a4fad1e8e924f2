"""One completion on its way: its request, its place in the KV cache, what it has so far."""

from dataclasses import dataclass, field

from kdedge.runtime.model import Model
from kdedge.runtime.options import Completion, FinishReason, Request
from kdedge.runtime.sampling import Sampler
from kdedge.runtime.text import GrowingText


@dataclass(slots=True, kw_only=True)
class Sequence:
    """A completion being generated; ``accept`` is called once for each token."""

    request: Request
    n_prompt_tokens: int
    context_tokens: int
    started_ns: int
    sampler: Sampler
    text: GrowingText
    n_cached_tokens: int = 0
    """Leading tokens of the prompt that an earlier request had left in the cache."""
    next_token: int = -1
    """Drawn, but not decoded yet."""
    times_ns: list[int] = field(default_factory=list)
    finish_reason: FinishReason | None = None

    @property
    def position(self) -> int:
        """Where ``next_token`` goes in the KV cache."""
        return self.n_prompt_tokens + len(self.times_ns) - 1

    def accept(self, token: int, *, model: Model, now_ns: int) -> None:
        """Take the next token; sets ``finish_reason`` when the completion is over."""
        self.next_token = token
        self.times_ns.append(now_ns)
        if model.ends_generation(token):
            self.finish_reason = "end_of_generation"
            return
        self.text.add(model.piece(token))
        if self.text.stopped:
            self.finish_reason = "stop"
        elif len(self.times_ns) >= self.request.max_tokens:
            self.finish_reason = "length"
        elif self.position >= self.context_tokens:
            self.finish_reason = "context_full"

    def take_new_text(self) -> str:
        """Return text that was not returned before and can no longer change."""
        return self.text.take_new(final=self.finish_reason is not None)

    @property
    def ttft_s(self) -> float:
        """From the first prefill to the first token; 0 before there is one."""
        return (self.times_ns[0] - self.started_ns) / 1e9 if self.times_ns else 0.0

    def completion(self) -> Completion:
        """Return the completion, finished or as far as it is."""
        times = self.times_ns
        return Completion(
            request_id=self.request.request_id,
            text=self.text.whole(),
            finish_reason=self.finish_reason or "cancelled",
            n_prompt_tokens=self.n_prompt_tokens,
            n_tokens=len(self.times_ns),
            ttft_s=self.ttft_s,
            decode_s=(times[-1] - times[0]) / 1e9 if times else 0.0,
            token_times_ns=tuple(times),
            n_cached_tokens=self.n_cached_tokens,
        )


def unbegun(request: Request, *, n_prompt_tokens: int) -> Completion:
    """Return the completion of a request that was cancelled before its turn came."""
    return Completion(
        request_id=request.request_id,
        text="",
        finish_reason="cancelled",
        n_prompt_tokens=n_prompt_tokens,
        n_tokens=0,
        ttft_s=0.0,
        decode_s=0.0,
    )
