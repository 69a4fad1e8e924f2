"""The child that splits texts: ``python -m kdedge.runtime.tokenizing``, JSON lines on stdio.

Orders: ``load`` (the vocabulary of a GGUF file, no weights) and ``tokenize`` (a list of texts).
"""

from pathlib import Path

from kdedge.runtime.lean_import import import_bindings_only

import_bindings_only()

from kdedge.runtime import order_loop  # noqa: E402 - the line above makes it a lean import
from kdedge.runtime.model import Model  # noqa: E402
from kdedge.runtime.order_loop import Message  # noqa: E402

PROTOCOL = 1


class TokenizingService:
    """Answers orders about one vocabulary."""

    def __init__(self) -> None:
        self._model: Model

    def load(self, order: Message) -> Message:
        """Load the vocabulary.

        Raises:
            KdedgeError: llama.cpp refuses the file.
        """
        self._model = Model(Path(order["path"]), vocab_only=True)
        return {"n_vocab": self._model.n_vocab}

    def tokenize(self, order: Message) -> Message:
        """Return the ids of each text."""
        special, add_bos = order["special"], order["add_bos"]
        texts = order["texts"]
        found = [self._model.tokenize(text, special=special, add_bos=add_bos) for text in texts]
        return {"tokens": found}


def main() -> None:
    """Serve on stdin and stdout."""
    service = TokenizingService()
    orders = {"load": service.load, "tokenize": service.tokenize}
    order_loop.serve(orders, protocol=PROTOCOL)


if __name__ == "__main__":
    main()
