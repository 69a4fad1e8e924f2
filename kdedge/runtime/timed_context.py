"""A llama.cpp context of one sequence, set up as llama-bench sets it up, for timing.

Unlike the context of the engine nothing is padded and nothing can be cancelled: a timing process
is simply ended.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime import library
from kdedge.runtime.model import Model
from kdedge.runtime.threadpool import new_thread_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSizes:
    """What the cost of a context depends on."""

    n_ctx: int
    n_batch: int = 2048
    n_ubatch: int = 512
    n_threads: int
    """For prefill and decoding alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCounters:
    """What llama.cpp itself counted since the last reset."""

    prefill_ns: int
    decode_ns: int
    n_prefill: int
    """Tokens evaluated in batches of more than one; never below 1, which is llama.cpp's way."""
    n_decode: int
    """Tokens evaluated one at a time; never below 1."""


class TimedContext:
    """One sequence over one model."""

    def __init__(self, model: Model, sizes: ContextSizes) -> None:
        """Allocate the cache and the compute buffers, and attach a thread pool.

        Raises:
            KdedgeError: There is not enough memory, or llama.cpp refuses the sizes.
        """
        parameters = llama.llama_context_default_params()  # flash attention AUTO, cache of f16
        parameters.n_ctx = sizes.n_ctx
        parameters.n_batch = sizes.n_batch
        parameters.n_ubatch = sizes.n_ubatch
        parameters.n_threads = parameters.n_threads_batch = sizes.n_threads
        parameters.swa_full = False
        parameters.no_perf = False  # two clock readings a batch, for llama.cpp's own counters
        self.sizes = sizes
        self.model = model
        self.handle: Any = llama.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise KdedgeError(
                f"No room for a context of {sizes.n_ctx} tokens of {model.path.name}: "
                f"{library.last_complaint() or 'llama.cpp refused'}.",
                hint="Use a smaller --context.",
                detail=library.recent_log(),
            )
        self.memory = llama.llama_get_memory(self.handle)
        self._pool = new_thread_pool(sizes.n_threads)
        if self._pool is not None:
            self._pool.attach(self.handle)

    def close(self) -> None:
        """Free everything; a second call does nothing."""
        if self.handle:
            llama.llama_free(self.handle)
            self.handle = None
        if self._pool is not None:
            self._pool.close()

    def clear(self) -> None:
        """Forget all tokens; the cells keep what is in them, as in llama-bench."""
        llama.llama_memory_clear(self.memory, False)  # noqa: FBT003 - C has no keywords

    def slices(self, tokens: Sequence[int]) -> list[Any]:
        """Return ``tokens`` as batches of at most ``n_batch``, ready to be decoded.

        Their arrays live as long as the batches do.
        """
        size = self.sizes.n_batch
        return [one_batch(tokens[at : at + size])[0] for at in range(0, len(tokens), size)]

    def decode_all(self, batches: Sequence[Any]) -> None:
        """Decode ``batches`` one after another and wait once, at the end.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        decode, handle = llama.llama_decode, self.handle
        for batch in batches:
            if code := decode(handle, batch):
                raise_decode_failed(code)
        llama.llama_synchronize(handle)

    def save_state(self) -> Any:
        """Return what the sequence holds, to be put back later."""
        size = llama.llama_state_seq_get_size(self.handle, 0)
        state = (ctypes.c_uint8 * size)()
        llama.llama_state_seq_get_data(self.handle, state, size, 0)
        return state

    def restore_state(self, state: Any) -> bool:
        """Put ``state`` back into the empty sequence; return whether llama.cpp took it."""
        done: int = llama.llama_state_seq_set_data(self.handle, state, len(state), 0)
        return done > 0

    def reset_counters(self) -> None:
        """Start llama.cpp's own counters again."""
        llama.llama_perf_context_reset(self.handle)

    def counters(self) -> NativeCounters:
        """Return llama.cpp's own counters."""
        data = llama.llama_perf_context(self.handle)
        return NativeCounters(
            prefill_ns=round(data.t_p_eval_ms * 1e6),
            decode_ns=round(data.t_eval_ms * 1e6),
            n_prefill=data.n_p_eval,
            n_decode=data.n_eval,
        )


def one_batch(tokens: Sequence[int]) -> tuple[Any, Any]:
    """Return a batch of ``tokens`` and the array it reads them from, both to be used again."""
    array = (llama.llama_token * len(tokens))(*tokens)
    batch = llama.llama_batch_get_one(array, len(tokens))
    batch.keep_array_alive = array  # a ctypes structure does not know what its pointer points to
    return batch, array


def raise_decode_failed(code: int) -> None:
    """Say that llama.cpp refused a batch.

    Raises:
        KdedgeError: Always.
    """
    raise KdedgeError(
        f"llama.cpp failed while decoding (code {code}).",
        hint="Use a smaller --context.",
        detail=library.recent_log(),
    )
