"""One loaded GGUF and its context: batched generation, and logits for proofs and teachers."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime.alone import Alone
from kdedge.runtime.context import Context, new_cancel_flag
from kdedge.runtime.model import Model, OnProgress
from kdedge.runtime.options import Completion, LoadOptions, Request
from kdedge.runtime.row_padding import row_padding
from kdedge.runtime.scheduler import OnToken, Scheduler, Slots

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Engine:
    """Generates many completions side by side; each depends on its own request only.

    A native abort takes the process with it: user-facing code runs an ``Engine`` in a
    ``kdedge.runtime.worker`` child.
    """

    def __init__(
        self, path: Path, *, options: LoadOptions, on_progress: OnProgress | None = None
    ) -> None:
        """Load ``path`` and allocate the KV cache.

        Raises:
            KdedgeError: The file cannot be loaded, or there is not enough memory.
            LoadCancelled: ``on_progress`` did not want to go on.
        """
        self.options = options
        self._cancel_flag = new_cancel_flag()
        self.model = Model(path, n_gpu_layers=options.n_gpu_layers, on_progress=on_progress)
        self._slots = Slots(
            count=options.n_sequences,
            context_tokens=options.context_tokens,
            chunk_tokens=options.prefill_chunk_tokens,
            padding=row_padding(self.model.metadata("general.file_type")),
        )
        n_streams = 1 if options.alone else self._slots.n_streams
        try:
            self.context = Context(
                self.model,
                context_tokens=options.context_tokens,
                n_streams=n_streams,
                n_batch=max(options.prefill_chunk_tokens, n_streams),
                n_threads=options.n_threads,
                cancel_flag=self._cancel_flag,
            )
        except KdedgeError:
            self.model.close()
            raise
        self._alone = Alone(
            self.model,
            self.context,
            context_tokens=options.context_tokens,
            chunk_tokens=options.prefill_chunk_tokens,
        )

    def generate(
        self, requests: Iterable[Request], *, on_token: OnToken | None = None
    ) -> Iterator[Completion]:
        """Return the completions of ``requests`` as they finish, in no particular order.

        Requests with the same prompt should stand together: the prompt is prefilled once for
        all of them. Abandoning the iterator ends the generation.

        Raises:
            KdedgeError: A prompt does not fit into the context, or llama.cpp failed.
        """
        self._cancel_flag[0] = b"\0"
        if self.options.alone:
            return self._alone.run(requests, on_token=on_token)
        scheduler = Scheduler(self.model, self.context, slots=self._slots, on_token=on_token)
        return scheduler.run(requests)

    def cancel(self) -> None:
        """End the running ``generate``, prefill or decode; may be called from any thread."""
        self._cancel_flag[0] = b"x"

    def logits(self, tokens: Sequence[int]) -> "NDArray[np.float32]":
        """Return the logits after each of ``tokens``, shape (n_tokens, n_vocab), float32.

        Raises:
            ValueError: No tokens, or more than the context holds.
        """
        import numpy as np

        if not 0 < len(tokens) <= self.options.context_tokens:
            raise ValueError(f"1 to {self.options.context_tokens} tokens, not {len(tokens)}")
        self.context.clear()
        self._alone.forget()
        result = np.empty((len(tokens), self.model.n_vocab), dtype=np.float32)
        step = self.options.prefill_chunk_tokens
        for start in range(0, len(tokens), step):
            piece = tokens[start : start + step]
            self.context.prefill(piece, stream=0, position=start, want_logits=True)
            pointer = llama.llama_get_logits(self.context.handle)
            result[start : start + len(piece)] = np.ctypeslib.as_array(
                pointer, shape=(len(piece), self.model.n_vocab)
            )
        return result

    def close(self) -> None:
        """Free the context and the model; a second call does nothing."""
        self.context.close()
        self.model.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
