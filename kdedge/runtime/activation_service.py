"""The child that gathers activation statistics: ``python -m kdedge.runtime.activation_service``.

Orders, JSON lines on stdio: ``load`` (a model), ``text`` (tokenises it), ``chunk`` (runs the n-th
chunk of it), ``sums`` (what has been gathered, through shared memory).
"""

from itertools import pairwise
from pathlib import Path

from kdedge.runtime.lean_import import import_bindings_only

import_bindings_only()

import llama_cpp.llama_cpp as llama  # noqa: E402 - the line above makes it a lean import
import numpy as np  # noqa: E402

from kdedge.runtime import order_loop  # noqa: E402
from kdedge.runtime.activation_statistics import ActivationStatistics  # noqa: E402
from kdedge.runtime.logit_context import LogitContext  # noqa: E402
from kdedge.runtime.logit_options import ROW_STEP, LogitOptions  # noqa: E402
from kdedge.runtime.model import Model  # noqa: E402
from kdedge.runtime.order_loop import Message  # noqa: E402
from kdedge.runtime.shared_memory import open_shared  # noqa: E402

PROTOCOL = 1
_OUTPUT_BYTES = 128 * 1024**2
"""llama.cpp makes room for the logits of every token of a decode, though nobody reads them."""


class ActivationService:
    """Answers orders about one model."""

    def __init__(self) -> None:
        self._statistics = ActivationStatistics()
        self._model: Model
        self._context: LogitContext
        self._tokens: list[int] = []
        self._chunk_tokens = 0

    def load(self, order: Message) -> Message:
        """Load the model and make its context.

        Raises:
            KdedgeError: llama.cpp refuses the file or the sizes.
        """
        self._model = model = Model(Path(order["path"]), n_gpu_layers=order["n_gpu_layers"])
        self._chunk_tokens = order["chunk_tokens"]
        options = LogitOptions(
            context_tokens=self._chunk_tokens,
            n_threads=order["n_threads"],
            piece_bytes=_OUTPUT_BYTES,
        )
        self._context = LogitContext(model, options, observer=self._statistics.callback)
        return {"n_vocab": model.n_vocab, "n_threads": self._context.n_threads}

    def text(self, order: Message) -> Message:
        """Tokenise the text whose chunks are to be run."""
        self._tokens = self._model.tokenize(order["text"], special=False, add_bos=True)
        return {"n_tokens": len(self._tokens)}

    def chunk(self, order: Message) -> Message:
        """Run one chunk of the text, from an empty cache.

        Raises:
            KdedgeError: llama.cpp failed, or activations are not finite.
        """
        start = order["number"] * self._chunk_tokens
        tokens = self._tokens[start : start + self._chunk_tokens]
        if llama.llama_vocab_get_add_bos(self._model.vocabulary):
            tokens[0] = llama.llama_vocab_bos(self._model.vocabulary)
        self._context.clear()
        for begin, end in pieces_of(len(tokens), most=self._context.piece_rows):
            self._statistics.begin()
            # Without logits the last block would not be computed for these tokens.
            self._context.decode(tokens[begin:end], position=begin, want_logits=True)
            self._statistics.end()
        return {}

    def sizes(self, _: Message) -> Message:
        """Say which weights have sums, of which shape."""
        found = self._statistics.by_weight
        return {
            "weights": [[name, *sums.sums.shape, len(sums.counts)] for name, sums in found.items()]
        }

    def sums(self, order: Message) -> Message:
        """Put all sums and counts, in the order of ``sizes``, into the named shared memory."""
        memory = open_shared(Path(order["path"]))
        target = np.frombuffer(memory, dtype=np.float64)
        at = 0
        for found in self._statistics.by_weight.values():
            for numbers in (found.sums.ravel(), found.counts):
                target[at : at + numbers.size] = numbers
                at += numbers.size
        return {}


def pieces_of(length: int, *, most: int) -> list[tuple[int, int]]:
    """Return (begin, end) of the pieces a chunk is run in, none above ``most``.

    All but the last are as long as they can be, so that kernels see whole multiples; where that
    leaves too few tokens to be counted for the last, all are about equal.
    """
    n = -(-length // most)
    if 0 < length % most < ROW_STEP:
        edges = [number * length // n for number in range(n + 1)]
    else:
        edges = [*range(0, length, most), length]
    return list(pairwise(edges))


def main() -> None:
    """Serve on stdin and stdout until the input ends."""
    service = ActivationService()
    order_loop.serve(
        {
            "load": service.load,
            "text": service.text,
            "chunk": service.chunk,
            "sizes": service.sizes,
            "sums": service.sums,
        },
        protocol=PROTOCOL,
    )


if __name__ == "__main__":
    main()
