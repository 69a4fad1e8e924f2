"""One completion after another in one KV stream, as an assistant serves them.

The cache is kept from request to request: of a chat that goes on, or of a file that is edited at
its end, only what is new is prefilled. A step has one row and a piece begins where the cache ends,
so these are not, byte for byte, the completions of ``scheduler``.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from time import perf_counter_ns

from kdedge.runtime.context import Context, DecodeAborted
from kdedge.runtime.model import Model
from kdedge.runtime.options import Completion, Request
from kdedge.runtime.prompting import request_tokens
from kdedge.runtime.sampling import Sampler
from kdedge.runtime.scheduler import OnToken
from kdedge.runtime.sequence import Sequence as Running
from kdedge.runtime.text import GrowingText

_STREAM = 0


class Alone:
    """Serves requests in the only stream of a context."""

    def __init__(
        self, model: Model, context: Context, *, context_tokens: int, chunk_tokens: int
    ) -> None:
        self._model = model
        self._context = context
        self._context_tokens = context_tokens
        self._chunk_tokens = chunk_tokens
        self._held: list[int] = []
        """The tokens whose cells are in the cache, those after them are of no use."""

    def run(
        self, requests: Iterable[Request], *, on_token: OnToken | None = None
    ) -> Iterator[Completion]:
        """Generate ``requests`` in their order; a cancel ends them all with what they have.

        Yields:
            The completions.

        Raises:
            KdedgeError: A prompt does not fit into the context, or llama.cpp failed.
        """
        for request in requests:
            yield self._serve(request, on_token)

    def forget(self) -> None:
        """Begin the next request with an empty cache."""
        self._held = []

    def _serve(self, request: Request, on_token: OnToken | None) -> Completion:
        started_ns = perf_counter_ns()
        prompt = request_tokens(self._model, request, context_tokens=self._context_tokens)
        *ahead, last = prompt.tokens
        n_cached = self._keep(ahead)
        running = Running(
            request=request,
            n_prompt_tokens=len(prompt.tokens),
            n_cached_tokens=n_cached,
            context_tokens=self._context_tokens,
            started_ns=started_ns,
            sampler=Sampler(request.sampling, seed=request.seed),
            text=GrowingText(request.stop),
            next_token=last,
        )
        try:
            with suppress(DecodeAborted):
                self._prefill(ahead[n_cached:])
                while running.finish_reason is None:
                    self._step(running, on_token)
        finally:
            running.sampler.close()
        return running.completion()

    def _keep(self, tokens: Sequence[int]) -> int:
        """Drop all cells but those of the first of ``tokens``; return how many these are."""
        n = 0
        for held, wanted in zip(self._held, tokens, strict=False):
            if held != wanted:
                break
            n += 1
        if n == 0 or not self._context.forget(_STREAM, from_position=n):
            self._context.clear()
            n = 0
        del self._held[n:]
        return n

    def _prefill(self, tokens: Sequence[int]) -> None:
        for start in range(0, len(tokens), self._chunk_tokens):
            piece = tokens[start : start + self._chunk_tokens]
            self._context.prefill(piece, stream=_STREAM, position=len(self._held))
            self._held += piece

    def _step(self, running: Running, on_token: OnToken | None) -> None:
        token = running.next_token
        self._context.decode([(token, running.position)])
        self._held.append(token)
        drawn = running.sampler.draw(self._context, 0)
        running.accept(drawn, model=self._model, now_ns=perf_counter_ns())
        if on_token is not None:
            on_token(running, running.take_new_text())
