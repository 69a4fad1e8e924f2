"""The child that computes logits: ``python -m kdedge.runtime.logit_service``, JSON lines on stdio.

Orders: ``load`` (a model and its options), ``share`` (the memory that logits go to), ``tokenize``,
``decode`` (consecutive tokens; position 0 begins a new sequence). Logits never pass the pipe.
"""

import ctypes
import hashlib
from dataclasses import asdict
from pathlib import Path

from kdedge.runtime.lean_import import import_bindings_only

import_bindings_only()

import llama_cpp.llama_cpp as llama  # noqa: E402 - the line above makes it a lean import

from kdedge.runtime import order_loop  # noqa: E402
from kdedge.runtime.logit_context import LogitContext  # noqa: E402
from kdedge.runtime.logit_options import LOGIT_BYTES, LogitModel, LogitOptions  # noqa: E402
from kdedge.runtime.model import Model  # noqa: E402
from kdedge.runtime.order_loop import Message  # noqa: E402
from kdedge.runtime.shared_memory import open_shared  # noqa: E402

PROTOCOL = 1


class LogitService:
    """Answers orders about one model."""

    def __init__(self) -> None:
        self._model: Model
        self._context: LogitContext
        self._target = 0
        """Address of the shared memory."""

    def load(self, order: Message) -> Message:
        """Load the model and make its context.

        Raises:
            KdedgeError: llama.cpp refuses the file or the options.
        """
        options = read_options(order["options"])
        self._model = model = Model(Path(order["path"]), n_gpu_layers=options.n_gpu_layers)
        self._context = LogitContext(model, options)
        adds_bos = llama.llama_vocab_get_add_bos(model.vocabulary)
        found = LogitModel(
            n_vocab=model.n_vocab,
            n_ctx_train=model.n_ctx_train,
            bos=llama.llama_vocab_bos(model.vocabulary) if adds_bos else None,
            vocabulary_sha256=_vocabulary_sha256(model),
            n_threads=self._context.n_threads,
        )
        return {
            "model": asdict(found),
            "most_rows": self._context.most_rows,
            "piece_rows": self._context.piece_rows,
        }

    def share(self, order: Message) -> Message:
        """Open the memory that logits go to."""
        self._shared = open_shared(Path(order["path"]))
        self._target = ctypes.addressof(ctypes.c_char.from_buffer(self._shared))
        return {}

    def tokenize(self, order: Message) -> Message:
        """Return token ids."""
        ids = self._model.tokenize(
            order["text"], special=order["special"], add_bos=order["add_bos"]
        )
        return {"tokens": ids}

    def decode(self, order: Message) -> Message:
        """Decode tokens and put their logits, if wanted, into the shared memory.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        tokens, want = order["tokens"], order["want_logits"]
        if order["position"] == 0:
            self._context.clear()
        self._context.decode(tokens, position=order["position"], want_logits=want)
        if want:
            n_bytes = len(tokens) * self._model.n_vocab * LOGIT_BYTES
            ctypes.memmove(self._target, self._context.logits(), n_bytes)
        return {}


def read_options(fields: Message) -> LogitOptions:
    """Return the options inside a ``load`` order."""
    adapter = fields.pop("adapter")
    return LogitOptions(adapter=Path(adapter) if adapter else None, **fields)


def _vocabulary_sha256(model: Model) -> str:
    digest = hashlib.sha256()
    for token in range(model.n_vocab):
        digest.update(llama.llama_vocab_get_text(model.vocabulary, token) + b"\0")
    return digest.hexdigest()


def main() -> None:
    """Serve on stdin and stdout until the input ends."""
    service = LogitService()
    order_loop.serve(
        {
            "load": service.load,
            "share": service.share,
            "tokenize": service.tokenize,
            "decode": service.decode,
        },
        protocol=PROTOCOL,
    )


if __name__ == "__main__":
    main()
