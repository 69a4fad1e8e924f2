"""The parent's side of a logits child: tokens in, float32 logits of all positions out.

Logits come in pieces of bounded size through memory that both processes see. A native abort ends
the child only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.runtime.child_process import ChildProcess
from kdedge.runtime.logit_options import LOGIT_BYTES, LogitModel, LogitOptions
from kdedge.runtime.shared_memory import make_shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROTOCOL = 1
_ENVIRONMENT = {"GOMP_SPINCOUNT": "10000"}
"""OpenMP's threads otherwise spin for milliseconds after a decode, on the cores we compute on."""


class LogitStream(ChildProcess):
    """One child with one model; a context manager that never leaves it behind."""

    def __init__(self) -> None:
        """Start the child.

        Raises:
            KdedgeError: It does not come up.
        """
        super().__init__(
            "kdedge.runtime.logit_service",
            name="The model process",
            protocol=PROTOCOL,
            environment=_ENVIRONMENT,
        )
        self.piece_rows = 0
        """Rows in one piece of logits, at most."""

    def load(self, path: Path, *, options: LogitOptions) -> LogitModel:
        """Load ``path`` in the child; once.

        Raises:
            KdedgeError: It cannot be loaded, there is no room, or the child died trying.
        """
        import numpy as np

        self.name = f"The process that loads {path.name}"
        adapter = str(options.adapter) if options.adapter else None
        fields = {**asdict(options), "adapter": adapter}
        self.send({"op": "load", "path": str(path), "options": fields})
        answer = self.read()
        model = LogitModel(**answer["model"])
        self.piece_rows = answer["piece_rows"]
        self._most_rows: int = answer["most_rows"]
        self._share(self.piece_rows * model.n_vocab * LOGIT_BYTES)
        self._rows = np.frombuffer(self._memory, dtype=np.float32).reshape(-1, model.n_vocab)
        self.name = f"The process that runs {path.name}"
        return model

    def tokenize(self, text: str, *, special: bool, add_bos: bool) -> list[int]:
        """Return the token ids of ``text``; see ``Model.tokenize``.

        Raises:
            KdedgeError: The child died.
        """
        self.send({"op": "tokenize", "text": text, "special": special, "add_bos": add_bos})
        tokens: list[int] = self.read()["tokens"]
        return tokens

    def logits(self, tokens: Sequence[int], *, first: int = 0) -> "Iterator[NDArray[np.float32]]":
        """Run a new sequence and give the logits after each token from ``first`` on.

        Args:
            tokens: At most ``context_tokens`` of them.
            first: Position of the first token whose logits are wanted.

        Yields:
            Arrays of shape (rows, n_vocab), ``piece_rows`` rows at most, in order. Each is
            overwritten by the next one, and may be overwritten by the caller.

        Raises:
            KdedgeError: llama.cpp failed, or the child died.
        """
        for at in range(0, first, self._most_rows):
            self._decode(tokens[at : min(at + self._most_rows, first)], position=at)
        for at in range(first, len(tokens), self.piece_rows):
            piece = tokens[at : at + self.piece_rows]
            self._decode(piece, position=at, want_logits=True)
            yield self._rows[: len(piece)]

    def _decode(self, tokens: Sequence[int], *, position: int, want_logits: bool = False) -> None:
        order = {"tokens": list(tokens), "position": position, "want_logits": want_logits}
        self.send({"op": "decode", **order})
        self.read()

    def _share(self, n_bytes: int) -> None:
        path, self._memory = make_shared(n_bytes)
        try:
            self.send({"op": "share", "path": str(path)})
            self.read()
        finally:
            path.unlink()
