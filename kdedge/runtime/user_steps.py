"""What an assistant does with a request, stamped at each step: tokenise, prefill, sample, show.

A token's time is the moment its text is there for the caller, not the moment it was decoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter_ns, process_time_ns
from typing import Any, cast

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime.options import Sampling
from kdedge.runtime.sampling import Sampler
from kdedge.runtime.text import GrowingText
from kdedge.runtime.timed_context import TimedContext, one_batch, raise_decode_failed


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRequest:
    """One request, as an editor would send it."""

    text: str
    """The whole prompt."""
    n_cached: int
    """Leading tokens of it that an earlier request left in the cache: the depth."""
    n_gen: int
    """Tokens to generate; the model's own end is passed over, so that all requests are alike."""
    sampling: Sampling
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSample:
    """When what happened, in nanoseconds from the moment the text was handed over."""

    tokenize_ns: int
    prefill_ns: int
    first_sample_ns: int
    ttft_ns: int
    """The three together: request to first token."""
    gaps_ns: tuple[int, ...]
    """From each token to the next, ``n_gen`` - 1 of them."""
    cpu_ns: int
    """CPU time of all threads of this process, from the request to the last token."""
    native_decode_ns: int
    """What llama.cpp's own counters say of the tokens after the first."""
    n_prompt: int
    """Tokens prefilled for this request; those in the cache are not among them."""
    n_cached: int
    n_gen: int


class UserSteps:
    """Requests on one context, each on a cache that holds exactly what it says."""

    def __init__(self, context: TimedContext) -> None:
        self._context = context
        self._cached: tuple[int, ...] = ()
        self._state: object = None

    def cut(self, text: str, *, n_tokens: int) -> str:
        """Return the last ``n_tokens`` of ``text``, so that a prompt has that length.

        Cut text may fall into tokens another way: the number can differ by one or two.
        """
        ids = self._tokenize(text)[-n_tokens:]
        raw = b"".join(self._context.model.piece(token) for token in ids)
        return raw.decode("utf-8", "ignore")

    def run(self, request: UserRequest) -> UserSample:
        """Serve ``request`` once and return its stamps.

        Raises:
            KdedgeError: The request does not fit into the context, or llama.cpp failed.
        """
        self._prepare(request)
        sampler = Sampler(request.sampling, seed=request.seed)
        try:
            return self._serve(request, sampler)
        finally:
            sampler.close()

    def _prepare(self, request: UserRequest) -> None:
        """Make the cache hold the first ``n_cached`` tokens of the prompt and nothing else.

        Raises:
            KdedgeError: The prompt does not fit into the context.
        """
        tokens = self._tokenize(request.text)
        needed, room = len(tokens) + request.n_gen, self._context.sizes.n_ctx
        if needed > room:
            raise KdedgeError(
                f"A prompt of {len(tokens)} tokens and {request.n_gen} generated ones do not fit"
                f" into a context of {room}.",
                hint=f"Use --context {needed} or more.",
            )
        prefix = tuple(tokens[: request.n_cached])
        self._context.clear()
        if not prefix:
            return
        if prefix == self._cached and self._context.restore_state(self._state):
            return
        self._context.clear()
        self._context.decode_all(self._context.slices(prefix))
        self._cached, self._state = prefix, self._context.save_state()

    def _serve(self, request: UserRequest, sampler: Sampler) -> UserSample:
        context = self._context
        context.reset_counters()
        cpu_start = process_time_ns()
        start = perf_counter_ns()
        tokens = self._tokenize(request.text)[request.n_cached :]
        tokenized = perf_counter_ns()
        context.decode_all(context.slices(tokens))
        prefilled = perf_counter_ns()
        stamps = self._stream(request.n_gen, sampler)
        cpu_ns = process_time_ns() - cpu_start
        native_decode_ns = self._checked(tokens, request)
        return UserSample(
            tokenize_ns=tokenized - start,
            prefill_ns=prefilled - tokenized,
            first_sample_ns=stamps[0] - prefilled,
            ttft_ns=stamps[0] - start,
            gaps_ns=tuple(b - a for a, b in pairwise(stamps)),
            cpu_ns=cpu_ns,
            native_decode_ns=native_decode_ns,
            n_prompt=len(tokens),
            n_cached=request.n_cached,
            n_gen=request.n_gen,
        )

    def _stream(self, n_gen: int, sampler: Sampler) -> list[int]:
        decode, synchronize, now = llama.llama_decode, llama.llama_synchronize, perf_counter_ns
        piece, draw = self._context.model.piece, sampler.draw
        context = cast("Any", self._context)  # a sampler only reads its handle
        handle = context.handle
        text = GrowingText()
        batch, array = one_batch([0])
        stamps: list[int] = []
        while True:
            token = draw(context, -1)
            text.add(piece(token))
            text.take_new()
            stamps.append(now())
            if len(stamps) == n_gen:
                return stamps
            array[0] = token
            if code := decode(handle, batch):
                raise_decode_failed(code)
            synchronize(handle)

    def _checked(self, tokens: Sequence[int], request: UserRequest) -> int:
        counted = self._context.counters()
        if len(tokens) > 1 and counted.n_prefill != len(tokens):
            raise ValueError(f"{counted.n_prefill} tokens prefilled instead of {len(tokens)}")
        # A prompt of one token is decoded too, and a counter that counted nothing says 1.
        if counted.n_decode != max(1, request.n_gen - 1 + (len(tokens) == 1)):
            raise ValueError(f"{counted.n_decode} decodes for {request.n_gen} tokens")
        return counted.decode_ns

    def _tokenize(self, text: str) -> list[int]:
        return self._context.model.tokenize(text, special=False, add_bos=True)
