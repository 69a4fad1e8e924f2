"""llama-bench's steps on a context: prompts and single tokens, no tokenising, no sampling.

The order of the steps and the shape of the token ids (the beginning-of-sequence token first where
the vocabulary asks for one, then random ids) are those of llama.cpp's ``tools/llama-bench``.
"""

import random
from dataclasses import dataclass
from time import perf_counter_ns, process_time_ns

import llama_cpp.llama_cpp as llama

from kdedge.runtime.timed_context import TimedContext, one_batch, raise_decode_failed


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTest:
    """One row of llama-bench: a prompt, or tokens one by one, or both."""

    n_prompt: int
    n_gen: int
    n_depth: int = 0
    """Tokens that are in the cache before the clock starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSample:
    """One repetition."""

    ns: int
    cpu_ns: int
    """CPU time of all threads of this process."""
    native_ns: int
    """What llama.cpp's own counters say of the same tokens."""
    n_tokens: int
    """As counted by llama.cpp."""


class RawSteps:
    """The steps, with the state of the last depth kept as llama-bench keeps it."""

    def __init__(self, context: TimedContext, *, seed: int) -> None:
        self._context = context
        self._random = random.Random(seed)  # noqa: S311 - ids for timing, not secrets
        vocabulary = context.model.vocabulary
        self._n_vocab = context.model.n_vocab
        adds_bos = llama.llama_vocab_get_add_bos(vocabulary)
        self._bos: int | None = llama.llama_vocab_bos(vocabulary) if adds_bos else None
        self._depth = 0
        self._state: object = None

    def warm_up(self, test: RawTest) -> None:
        """Run the whole prompt and one token, untimed.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        self._context.clear()
        if test.n_prompt:
            self._prompt(test.n_prompt)
        if test.n_gen:
            self._generate(self._ids(1))

    def repeat(self, test: RawTest) -> RawSample:
        """Run ``test`` once on a cleared cache and return what it took.

        Raises:
            KdedgeError: llama.cpp failed.
            ValueError: llama.cpp evaluated another number of tokens.
        """
        context = self._context
        context.clear()
        if test.n_depth:
            self._fill(test.n_depth)
        context.reset_counters()
        # The ids are made before the clock starts: C makes them 20 times as fast as Python.
        prompt = context.slices(self._ids(test.n_prompt))
        generated = self._ids(test.n_gen)
        cpu_start = process_time_ns()
        start = perf_counter_ns()
        if prompt:
            context.decode_all(prompt)
        if generated:
            self._generate(generated)
        ns = perf_counter_ns() - start
        cpu_ns = process_time_ns() - cpu_start
        return self._checked(test, ns, cpu_ns)

    def _checked(self, test: RawTest, ns: int, cpu_ns: int) -> RawSample:
        counted = self._context.counters()
        single = test.n_gen + (test.n_prompt == 1)
        batched = test.n_prompt if test.n_prompt > 1 else 0
        # A counter that counted nothing says 1.
        if counted.n_decode != max(1, single) or counted.n_prefill != max(1, batched):
            raise ValueError(
                f"llama.cpp evaluated {counted.n_prefill} + {counted.n_decode} tokens"
                f" instead of {batched} + {single}"
            )
        native = counted.prefill_ns + counted.decode_ns
        return RawSample(ns=ns, cpu_ns=cpu_ns, native_ns=native, n_tokens=single + batched)

    def _prompt(self, n_tokens: int) -> None:
        self._context.decode_all(self._context.slices(self._ids(n_tokens)))

    def _generate(self, tokens: list[int]) -> None:
        decode, synchronize = llama.llama_decode, llama.llama_synchronize
        handle = self._context.handle
        batch, array = one_batch(tokens[:1])
        for token in tokens:
            array[0] = token
            if code := decode(handle, batch):
                raise_decode_failed(code)
            synchronize(handle)

    def _fill(self, depth: int) -> None:
        if self._depth == depth and self._context.restore_state(self._state):
            return
        self._context.clear()
        self._prompt(depth)
        self._depth = depth
        self._state = self._context.save_state()

    def _ids(self, n_tokens: int) -> list[int]:
        ids = [self._random.randrange(self._n_vocab) for _ in range(n_tokens)]
        if ids and self._bos is not None:
            ids[0] = self._bos
        return ids
