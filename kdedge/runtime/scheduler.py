"""Continuous batching: many completions decoded side by side, each as if it were alone.

What keeps a completion independent of its neighbours (docs/performance.md has the measurements):

* a prompt is prefilled alone, in fixed pieces (``staging``), and copied into the slot it gets;
  its last token is left to the slot's first decode step, so that n samples share the rest;
* a decode step has as many rows as ``row_padding`` says, because some kernels depend on it; a
  row without a sequence is a dummy whose cell is dropped again;
* streams 0, 1, ... are filled without holes, since llama.cpp splits a batch at every hole.

Between two decode steps at most one piece of a prompt is prefilled, so a long prompt never stalls
the sequences that are running.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter_ns

from kdedge.runtime.context import Context, DecodeAborted
from kdedge.runtime.model import Model
from kdedge.runtime.options import Completion, Prompt, Request
from kdedge.runtime.prompting import PromptTokens, request_tokens
from kdedge.runtime.row_padding import RowPadding
from kdedge.runtime.sampling import Drawing, Sampler
from kdedge.runtime.sequence import Sequence, unbegun
from kdedge.runtime.staging import Staging
from kdedge.runtime.text import GrowingText

OnToken = Callable[[Sequence, str], None]
"""Called after each token of each sequence with the text that became certain; it may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """How many sequences run side by side and how much room each has."""

    count: int
    context_tokens: int
    chunk_tokens: int
    """Longest piece of a prompt that is prefilled between two decode steps."""
    padding: RowPadding
    """How many rows a decode step has for how many sequences."""

    @property
    def n_streams(self) -> int:
        """KV streams needed: a row each, one prompt ahead, one shared prefix."""
        return self.padding.rows(self.count) + 2


class Scheduler:
    """Runs one list of requests to the end; completions come out as they finish."""

    def __init__(
        self, model: Model, context: Context, *, slots: Slots, on_token: OnToken | None = None
    ) -> None:
        self._model = model
        self._context = context
        self._slots = slots
        self._on_token = on_token
        first_free = slots.padding.rows(slots.count)
        self._staging = Staging(context, first_stream=first_free, chunk_tokens=slots.chunk_tokens)
        self._drawing = Drawing(n_threads=context.n_threads)
        self._prepared: dict[Prompt, PromptTokens] = {}
        self._waiting: deque[Request] = deque()
        self._running: list[Sequence] = []

    def run(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """Generate ``requests``; a cancel ends them all with what they have.

        Yields:
            The completions, as they finish.

        Raises:
            KdedgeError: A prompt does not fit into the context, or llama.cpp failed.
        """
        self._waiting = deque(requests)
        self._prepare_prompts()
        self._context.clear()
        try:
            with suppress(DecodeAborted):
                while self._waiting or self._running:
                    self._prefill_ahead()
                    self._fill_slots()
                    yield from self._decode_step()
            yield from (sequence.completion() for sequence in self._running)
            yield from (self._unbegun(request) for request in self._waiting)
        finally:
            for sequence in self._running:
                sequence.sampler.close()
            self._running = []
            self._drawing.close()

    def _prepare_prompts(self) -> None:
        room = self._slots.context_tokens
        for request in self._waiting:
            if request.prompt not in self._prepared:
                tokens = request_tokens(self._model, request, context_tokens=room)
                self._prepared[request.prompt] = tokens

    def _unbegun(self, request: Request) -> Completion:
        return unbegun(request, n_prompt_tokens=len(self._prepared[request.prompt].tokens))

    def _prefill_ahead(self) -> None:
        """Prefill a piece of the next prompt; all of it when nothing is running."""
        if not self._waiting:
            return
        self._staging.aim_at(self._prepared[self._waiting[0].prompt])
        while not self._staging.ready:
            self._staging.step()
            if self._running:
                return

    def _next_is_ready(self) -> bool:
        if not self._waiting:
            return False
        prepared = self._prepared[self._waiting[0].prompt]
        return self._staging.holds(prepared)

    def _fill_slots(self) -> None:
        while len(self._running) < self._slots.count and self._next_is_ready():
            self._place(len(self._running))

    def _place(self, slot: int) -> None:
        """Give ``slot`` to the next request; its prompt is copied there."""
        request = self._waiting.popleft()
        prepared = self._prepared[request.prompt]
        self._context.copy(self._staging.stream, slot)
        sequence = Sequence(
            request=request,
            n_prompt_tokens=len(prepared.tokens),
            context_tokens=self._slots.context_tokens,
            started_ns=self._staging.take_start_ns(),
            sampler=Sampler(request.sampling, seed=request.seed),
            text=GrowingText(request.stop),
            next_token=prepared.tokens[-1],
        )
        if slot == len(self._running):
            self._running.append(sequence)
        else:
            self._running[slot] = sequence

    def _decode_step(self) -> Iterator[Completion]:
        rows = [(sequence.next_token, sequence.position) for sequence in self._running]
        n_dummies = self._slots.padding.rows(len(rows)) - len(rows)
        self._context.decode(rows + [(rows[0][0], 0)] * n_dummies)
        for dummy in range(len(rows), len(rows) + n_dummies):
            self._context.forget(dummy)
        samplers = [sequence.sampler for sequence in self._running]
        drawn = self._drawing.draw(self._context, samplers)
        for sequence, token in zip(self._running, drawn, strict=True):
            sequence.accept(token, model=self._model, now_ns=perf_counter_ns())
            if self._on_token is not None:
                self._on_token(sequence, sequence.take_new_text())
        over = [slot for slot, s in enumerate(self._running) if s.finish_reason]
        for slot in reversed(over):
            sequence = self._running[slot]
            sequence.sampler.close()
            self._vacate(slot)
            yield sequence.completion()

    def _vacate(self, slot: int) -> None:
        """Put the next request into ``slot``, or close the hole with the last sequence."""
        if self._next_is_ready():
            self._place(slot)
            return
        last = len(self._running) - 1
        if slot != last:
            self._context.copy(last, slot)
            self._running[slot] = self._running[last]
        self._running.pop()
        self._context.forget(last)
