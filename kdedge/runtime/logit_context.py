"""A llama.cpp context of one sequence whose logits are read, in pieces, at chosen precision."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime import library
from kdedge.runtime.logit_options import LogitOptions, rows_in_a_piece
from kdedge.runtime.model import Model
from kdedge.runtime.thread_rule import default_threads

_MOST_ROWS = 512
"""Tokens that one decode may hold: llama.cpp's own default."""
_CACHE_TYPES = {"F32": 0, "F16": 1}  # enum ggml_type
_FLASH_ATTENTION = {
    "auto": llama.LLAMA_FLASH_ATTN_TYPE_AUTO,
    "off": llama.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}


class LogitContext:
    """One sequence over one model."""

    def __init__(self, model: Model, options: LogitOptions, *, observer: Any = None) -> None:
        """Allocate the cache and the compute buffers.

        Args:
            model: What to run.
            options: Sizes and precision.
            observer: A ``ggml_backend_sched_eval_callback`` that sees each node of the graph; it
                has to outlive the context.

        Raises:
            KdedgeError: There is not enough memory, or llama.cpp refuses the options.
        """
        self.n_threads = options.n_threads or default_threads()
        self.most_rows = min(_MOST_ROWS, options.context_tokens)
        """Tokens that one decode may hold."""
        wanted = rows_in_a_piece(model.n_vocab, most_bytes=options.piece_bytes)
        self.piece_rows = min(wanted, self.most_rows)
        """Tokens whose logits one decode may give."""
        self._adapter = _load_adapter(model, options.adapter)
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = options.context_tokens
        parameters.n_batch = parameters.n_ubatch = self.most_rows
        parameters.n_outputs_max = self.piece_rows
        parameters.n_threads = parameters.n_threads_batch = self.n_threads
        parameters.type_k = parameters.type_v = _CACHE_TYPES[options.cache_type]
        parameters.flash_attn_type = _FLASH_ATTENTION[options.flash_attention]
        if observer is not None:
            parameters.cb_eval = observer
        self.handle: Any = llama.llama_init_from_model(model.handle, parameters)
        if not self.handle:
            raise KdedgeError(
                f"llama.cpp cannot run {model.path.name} over {options.context_tokens} tokens: "
                f"{library.last_complaint() or 'no reason given'}.",
                hint="Use shorter chunks (--chunk-tokens), or close other programs.",
                detail=library.recent_log(),
            )
        if self._adapter:
            one = (llama.llama_adapter_lora_p_ctypes * 1)(self._adapter)
            llama.llama_set_adapters_lora(self.handle, one, 1, (ctypes.c_float * 1)(1.0))
        self._memory = llama.llama_get_memory(self.handle)
        self._batch = llama.llama_batch_init(self.most_rows, 0, 1)

    def close(self) -> None:
        """Free everything but the model; a second call does nothing."""
        if self.handle:
            llama.llama_batch_free(self._batch)
            llama.llama_free(self.handle)
            self.handle = None

    def clear(self) -> None:
        """Forget all tokens."""
        llama.llama_memory_clear(self._memory, True)  # noqa: FBT003 - C has no keywords

    def decode(self, tokens: Sequence[int], *, position: int, want_logits: bool) -> None:
        """Decode consecutive ``tokens``, the first one at ``position``.

        Args:
            tokens: At most ``most_rows``, or ``piece_rows`` when their logits are wanted.
            position: How many tokens stand before them.
            want_logits: Keep the logits of all of them.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        batch = self._batch
        batch.n_tokens = len(tokens)
        for row, token in enumerate(tokens):
            batch.token[row] = token
            batch.pos[row] = position + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = 0
            batch.logits[row] = want_logits
        if code := llama.llama_decode(self.handle, batch):
            raise KdedgeError(
                f"llama.cpp failed while decoding (code {code}).",
                hint="Use shorter chunks (--chunk-tokens), or close other programs.",
                detail=library.recent_log(),
            )
        llama.llama_synchronize(self.handle)

    def logits(self) -> Any:
        """Return a pointer to the rows that the last ``decode`` was asked for."""
        return llama.llama_get_logits(self.handle)


def _load_adapter(model: Model, path: Path | None) -> Any:
    if path is None:
        return None
    adapter = llama.llama_adapter_lora_init(model.handle, str(path).encode())
    if not adapter:
        raise KdedgeError(
            f"llama.cpp cannot put {path.name} on {model.path.name}: "
            f"{library.last_complaint() or 'no reason given'}.",
            hint="Use the adapter with the model it was trained on.",
            detail=library.recent_log(),
        )
    return adapter
