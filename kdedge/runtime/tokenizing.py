"""The child that splits texts: ``python -m kdedge.runtime.tokenizing``, JSON lines on stdio.

Orders: ``load`` (the vocabulary of a GGUF file, no weights) and ``tokenize`` (a list of texts).
"""

from pathlib import Path

from kdedge.runtime.lean_import import import_bindings_only

import_bindings_only()

import llama_cpp.llama_cpp as llama  # noqa: E402 - the line above makes it a lean import

from kdedge.core.errors import KdedgeError  # noqa: E402
from kdedge.runtime import library, order_loop  # noqa: E402
from kdedge.runtime.model import Model  # noqa: E402
from kdedge.runtime.order_loop import Message  # noqa: E402

PROTOCOL = 1


class VocabularyOnly(Model):
    """A model of which nothing but the vocabulary is loaded."""

    def __init__(self, path: Path) -> None:
        """Load the vocabulary of ``path``; the file may be without tensors.

        Raises:
            KdedgeError: There is no such file, or llama.cpp refuses it.
        """
        if not path.is_file():
            raise KdedgeError(f"There is no file {path}.", hint="See `kdedge models list`.")
        library.start()
        parameters = llama.llama_model_default_params()
        parameters.vocab_only = True
        self.path = path
        self.handle = llama.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.handle:
            reason = library.last_complaint() or "no reason given"
            raise KdedgeError(
                f"llama.cpp cannot load the vocabulary of {path.name}: {reason}.",
                hint="Check the file with `kdedge models show`, or convert it again.",
                detail=library.recent_log(),
            )
        self.vocabulary = llama.llama_model_get_vocab(self.handle)
        self.n_vocab = llama.llama_vocab_n_tokens(self.vocabulary)


class TokenizingService:
    """Answers orders about one vocabulary."""

    def __init__(self) -> None:
        self._model: VocabularyOnly

    def load(self, order: Message) -> Message:
        """Load the vocabulary.

        Raises:
            KdedgeError: llama.cpp refuses the file.
        """
        self._model = VocabularyOnly(Path(order["path"]))
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
