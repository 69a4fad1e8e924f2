"""A loaded GGUF file: its weights and its vocabulary, freed on close."""

import ctypes
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama

from kdedge.core.errors import KdedgeError
from kdedge.runtime import library

_PIECE_BYTES = 256

OnProgress = Callable[[float], bool]
"""Called with the share that is loaded, 0 to 1; what it returns says whether to go on."""


class LoadCancelled(Exception):  # noqa: N818 - not an error: the caller asked for it
    """The load was ended early because the caller did not want to go on."""


class Model:
    """Weights and vocabulary of one GGUF file. Loading may abort the process: do it in a child."""

    def __init__(
        self,
        path: Path,
        *,
        n_gpu_layers: int = 0,
        vocab_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Load ``path``; its vocabulary alone, if that is all that is asked for.

        Args:
            path: A GGUF file.
            n_gpu_layers: Layers on the GPU; -1 is all of them.
            vocab_only: No weights.
            on_progress: Hears how far it is, tensor by tensor, and may end it.

        Raises:
            KdedgeError: There is no such file, or llama.cpp refuses it.
            LoadCancelled: ``on_progress`` did not want to go on.
        """
        if not path.is_file():
            raise KdedgeError(f"There is no file {path}.", hint="See `kdedge models list`.")
        library.start()
        parameters = llama.llama_model_default_params()
        parameters.n_gpu_layers = n_gpu_layers
        parameters.vocab_only = vocab_only
        self._progress = None if on_progress is None else _Progress(on_progress)
        if self._progress is not None:
            parameters.progress_callback = self._progress.callback
        self.path = path
        self.handle: Any = llama.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.handle:
            if self._progress is not None and self._progress.ended:
                raise LoadCancelled
            reason = library.last_complaint() or "no reason given"
            raise KdedgeError(
                f"llama.cpp cannot load {path.name}: {reason}.",
                hint="Check the file with `kdedge models show`, or download it again.",
                detail=library.recent_log(),
            )
        self.vocabulary = llama.llama_model_get_vocab(self.handle)
        self.n_vocab: int = llama.llama_vocab_n_tokens(self.vocabulary)
        self.n_ctx_train: int = llama.llama_model_n_ctx_train(self.handle)
        self._pieces: dict[int, bytes] = {}

    def close(self) -> None:
        """Free the weights; a second call does nothing."""
        if self.handle:
            llama.llama_model_free(self.handle)
            self.handle = None

    def tokenize(self, text: str, *, special: bool, add_bos: bool) -> list[int]:
        """Return the token ids of ``text``.

        Args:
            text: Any text; lone surrogates are replaced.
            special: Read ``<|im_start|>`` and the like as control tokens.
            add_bos: Put the file's beginning-of-sequence token first if the file asks for one.
        """
        raw = text.encode("utf-8", "replace")
        size = len(raw) + 8
        ids = (llama.llama_token * size)()
        n = llama.llama_tokenize(self.vocabulary, raw, len(raw), ids, size, add_bos, special)
        if n < 0:
            ids = (llama.llama_token * -n)()
            n = llama.llama_tokenize(self.vocabulary, raw, len(raw), ids, -n, add_bos, special)
        return ids[:n]

    def piece(self, token: int) -> bytes:
        """Return the bytes ``token`` adds to the text; control tokens add none."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token, special=False)
        return known

    def ends_generation(self, token: int) -> bool:
        """Return whether the model says with ``token`` that it is done."""
        return token in self._ends

    def control_text(self, token: int) -> str:
        """Return how a control token is written, ``<|im_end|>``; empty for no token (-1)."""
        if token < 0:
            return ""
        return self._read_piece(token, special=True).decode("utf-8", "replace")

    def fim_tokens(self) -> tuple[int, int, int] | None:
        """Return what stands before the prefix, the suffix and the gap; ``None`` without them."""
        readers: tuple[Callable[[Any], int], ...] = (
            llama.llama_vocab_fim_pre,
            llama.llama_vocab_fim_suf,
            llama.llama_vocab_fim_mid,
        )
        prefix, suffix, middle = (read(self.vocabulary) for read in readers)
        return (prefix, suffix, middle) if min(prefix, suffix, middle) >= 0 else None

    def metadata(self, key: str) -> str | None:
        """Return a metadata value of the file as text, or ``None``."""
        size = llama.llama_model_meta_val_str(self.handle, key.encode(), None, 0)
        if size < 0:
            return None
        buffer = ctypes.create_string_buffer(size + 1)
        llama.llama_model_meta_val_str(self.handle, key.encode(), buffer, size + 1)
        return buffer.value.decode("utf-8", "replace")

    @cached_property
    def _ends(self) -> frozenset[int]:
        everything = range(self.n_vocab)
        return frozenset(t for t in everything if llama.llama_vocab_is_eog(self.vocabulary, t))

    def _read_piece(self, token: int, *, special: bool) -> bytes:
        buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        n = llama.llama_token_to_piece(self.vocabulary, token, buffer, _PIECE_BYTES, 0, special)
        if n < 0:
            buffer = ctypes.create_string_buffer(-n)
            n = llama.llama_token_to_piece(self.vocabulary, token, buffer, -n, 0, special)
        return buffer.raw[: max(n, 0)]


class _Progress:
    """llama.cpp's progress callback: C holds on to it, so the model does too."""

    def __init__(self, heard: OnProgress) -> None:
        self._heard = heard
        self.callback = llama.llama_progress_callback(self._hear)
        self.ended = False
        """The listener did not want to go on."""

    def _hear(self, fraction: float, user_data: object) -> bool:
        self.ended = self.ended or not self._heard(fraction)
        return not self.ended
