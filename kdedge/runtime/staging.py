"""Prompts are prefilled ahead, in a KV stream of their own, piece by piece.

A prompt always meets the same kernels: it is cut at its shared prefix and then every
``chunk_tokens``, and each piece is decoded alone. So its cells have the same bytes whatever else
is running, and whether its shared prefix was computed here or copied.
"""

from collections.abc import Iterator
from time import perf_counter_ns

from kdedge.runtime.context import Context
from kdedge.runtime.prompting import PromptTokens


class Staging:
    """The two streams behind the running sequences: one prompt, and the prefix prompts share.

    The last token of a prompt is not prefilled: it is the first that its slot decodes.
    """

    def __init__(self, context: Context, *, first_stream: int, chunk_tokens: int) -> None:
        self._context = context
        self._chunk_tokens = chunk_tokens
        self.stream = first_stream
        self._prefix_stream = first_stream + 1
        self._prefix: tuple[int, ...] = ()
        self._prompt: PromptTokens | None = None
        self._n_done = 0
        self._started_ns = 0

    def aim_at(self, prompt: PromptTokens) -> None:
        """Make ``prompt`` the one that is prefilled; nothing happens when it already is."""
        if self._prompt == prompt:
            return
        self._prompt = prompt
        self._started_ns = perf_counter_ns()
        shared = prompt.tokens[: prompt.n_shared]
        if shared and shared == self._prefix:
            self._context.copy(self._prefix_stream, self.stream)
            self._n_done = len(shared)
        else:
            self._context.forget(self.stream)
            self._n_done = 0

    @property
    def ready(self) -> bool:
        """All of the prompt but its last token is in the cache."""
        return self._prompt is not None and self._n_done == len(self._prompt.tokens) - 1

    def holds(self, prompt: PromptTokens) -> bool:
        """Return whether ``prompt`` is the one that is ready."""
        return self.ready and self._prompt == prompt

    def step(self) -> None:
        """Prefill the next piece of the prompt."""
        prompt = self._prompt
        assert prompt is not None
        end = next(cut for cut in self._ends(prompt) if cut > self._n_done)
        piece = prompt.tokens[self._n_done : end]
        self._context.prefill(piece, stream=self.stream, position=self._n_done)
        self._n_done = end
        if end == prompt.n_shared:
            self._context.copy(self.stream, self._prefix_stream)
            self._prefix = prompt.tokens[:end]

    def take_start_ns(self) -> int:
        """Return when work on this prompt began; the next sample of it begins now."""
        started, self._started_ns = self._started_ns, perf_counter_ns()
        return started

    def _ends(self, prompt: PromptTokens) -> Iterator[int]:
        yield from _cuts(0, prompt.n_shared, most=self._chunk_tokens)
        yield from _cuts(prompt.n_shared, len(prompt.tokens) - 1, most=self._chunk_tokens)


def _cuts(start: int, end: int, *, most: int) -> Iterator[int]:
    """Give the ends of the pieces from ``start`` to ``end``; none is a single token at the end.

    Attention of a single token is split over the threads, so it would depend on their number.
    """
    at = start
    while at < end:
        left = end - at
        at += left if left <= most else most - (left == most + 1)
        yield at
