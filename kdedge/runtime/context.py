"""llama.cpp's context: the KV cache of all sequences, and one call that decodes rows.

Every sequence has a KV stream of its own: in a unified cache each token attends over the cells
of all sequences, which costs more than copying a shared prompt (docs/performance.md).
"""

import ctypes
import os
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime import library
from kdedge.runtime.model import Model

_ABORTED = 2


def new_cancel_flag() -> ctypes.Array[ctypes.c_char]:
    """Return the flag that a context reads at every step of its work; ``b"x"`` cancels."""
    return ctypes.create_string_buffer(2)


def _native_test() -> int:
    """Return the address of C's ``strlen``: true for a flag that is not empty.

    llama.cpp asks at every node of its graph, from its own threads. A Python function would take
    the interpreter's lock hundreds of times a token.
    """
    return ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value or 0


class DecodeAborted(Exception):  # noqa: N818 - not an error: the caller asked for it
    """The decode was ended early because the caller cancelled."""


class Context:
    """A KV cache of ``n_streams`` sequences over one model."""

    def __init__(
        self,
        model: Model,
        *,
        context_tokens: int,
        n_streams: int,
        n_batch: int,
        n_threads: int | None,
        cancel_flag: ctypes.Array[ctypes.c_char],
    ) -> None:
        """Allocate the cache and the compute buffers.

        Raises:
            KdedgeError: There is not enough memory, or llama.cpp refuses the sizes.
        """
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = context_tokens * n_streams
        parameters.n_batch = parameters.n_ubatch = n_batch
        parameters.n_seq_max = n_streams
        threads = n_threads or len(os.sched_getaffinity(0))
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = False
        parameters.abort_callback = llama.ggml_abort_callback(_native_test())
        parameters.abort_callback_data = ctypes.addressof(cancel_flag)
        self._cancel_flag = cancel_flag  # llama.cpp keeps its address
        self.model = model
        self.handle: Any = llama.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise KdedgeError(
                f"No room for {n_streams} sequences of {context_tokens} tokens of "
                f"{model.path.name}: {library.last_complaint() or 'llama.cpp refused'}.",
                hint="Use a smaller --context or fewer sequences (--parallel).",
                detail=library.recent_log(),
            )
        self._memory = llama.llama_get_memory(self.handle)
        self._batch = llama.llama_batch_init(n_batch, 0, 1)
        self.n_threads = threads

    def close(self) -> None:
        """Free the cache; a second call does nothing."""
        if self.handle:
            llama.llama_batch_free(self._batch)
            llama.llama_free(self.handle)
            self.handle = None

    def prefill(
        self, tokens: Sequence[int], *, stream: int, position: int, want_logits: bool = False
    ) -> None:
        """Decode consecutive ``tokens`` of one stream; their logits are only kept on request.

        Raises:
            DecodeAborted: The caller cancelled.
            KdedgeError: llama.cpp failed.
        """
        batch = self._batch
        for row, token in enumerate(tokens):
            self._put(row, token, position + row, stream)
            batch.logits[row] = want_logits
        batch.n_tokens = len(tokens)
        self._decode()

    def decode(self, rows: Sequence[tuple[int, int]]) -> None:
        """Decode one token for each of the streams 0, 1, ...; ``rows`` are (token, position).

        Raises:
            DecodeAborted: The caller cancelled.
            KdedgeError: llama.cpp failed.
        """
        batch = self._batch
        for row, (token, position) in enumerate(rows):
            self._put(row, token, position, row)
            batch.logits[row] = True
        batch.n_tokens = len(rows)
        self._decode()

    def copy(self, source: int, target: int) -> None:
        """Make stream ``target`` hold what ``source`` holds."""
        self.forget(target)
        llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def forget(self, stream: int, *, from_position: int = -1) -> bool:
        """Drop the cells of ``stream`` at ``from_position`` and after; -1 drops them all.

        Returns:
            Whether that was possible: a recurrent state has no cells to drop a part of.
        """
        return bool(llama.llama_memory_seq_rm(self._memory, stream, from_position, -1))

    def clear(self) -> None:
        """Drop all cells of all streams."""
        llama.llama_memory_clear(self._memory, False)  # noqa: FBT003 - C has no keywords

    def _put(self, row: int, token: int, position: int, stream: int) -> None:
        batch = self._batch
        batch.token[row] = token
        batch.pos[row] = position
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = stream

    def _decode(self) -> None:
        if self._cancel_flag[0] != b"\0":  # some backends never ask in the middle of their work
            raise DecodeAborted
        code = llama.llama_decode(self.handle, self._batch)
        if code == _ABORTED:
            raise DecodeAborted
        if code != 0:
            raise KdedgeError(
                f"llama.cpp failed while decoding (code {code}).",
                hint="Use a smaller --context or fewer sequences (--parallel).",
                detail=library.recent_log(),
            )
        llama.llama_synchronize(self.handle)
