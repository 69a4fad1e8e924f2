"""The parent's side of a tokenizing child: llama.cpp's ids of texts, with no weights loaded."""

from collections.abc import Sequence
from pathlib import Path

from kdedge.runtime.child_process import ChildProcess

PROTOCOL = 1


class TokenizingClient(ChildProcess):
    """One child with one vocabulary; a context manager that never leaves it behind."""

    def __init__(self, path: Path) -> None:
        """Start the child and load the vocabulary of the GGUF file at ``path``.

        Raises:
            KdedgeError: The vocabulary cannot be loaded, or the child died trying.
        """
        super().__init__(
            "kdedge.runtime.tokenizing",
            name=f"The process that loads the vocabulary of {path.name}",
            protocol=PROTOCOL,
            environment={},
        )
        self.n_vocab = 0
        """Tokens in the file, padding included."""
        try:
            self.send({"op": "load", "path": str(path)})
            self.n_vocab = int(self.read()["n_vocab"])
        except BaseException:
            self.close()
            raise

    def tokenize(self, texts: Sequence[str], *, special: bool, add_bos: bool) -> list[list[int]]:
        """Return the token ids of each text; see ``Model.tokenize``.

        Raises:
            KdedgeError: The child died.
        """
        order = {"texts": list(texts), "special": special, "add_bos": add_bos}
        self.send({"op": "tokenize", **order})
        tokens: list[list[int]] = self.read()["tokens"]
        return tokens
