"""How far quantised models are from their master: both run over a text, their logits compared.

The text is cut into chunks that each begin with the beginning-of-sequence token, if the model has
one; the second half of a chunk is scored, so that every prediction has context. Logits stream from
child processes in pieces and are never stored.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Progress, Sink, ignore
from kdedge.quantize.divergence_summary import Divergence, summarise
from kdedge.runtime.logit_options import LogitModel, LogitOptions
from kdedge.runtime.logit_stream import LogitStream

if TYPE_CHECKING:
    from kdedge.quantize.row_divergence import PositionNumbers

FEWEST_CHUNK_TOKENS = 32
_FEWEST_CHUNKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceOptions:
    """How much of a text is compared, and how the models run."""

    chunk_tokens: int = 512
    n_chunks: int | None = None
    """``None``: the whole text."""
    n_threads: int | None = None
    """``None``: one a physical core this process may use."""
    n_gpu_layers: int = 0
    """Layers on the GPU; -1 is all of them."""


def measure_divergence(
    master: Path,
    other: Path,
    text: str,
    *,
    chunk_tokens: int = 512,
    n_chunks: int | None = None,
    sink: Sink = ignore,
) -> Divergence:
    """Return how far ``other`` is from ``master`` on ``text``.

    Raises:
        KdedgeError: See ``measure_divergences``.
    """
    options = DivergenceOptions(chunk_tokens=chunk_tokens, n_chunks=n_chunks)
    return measure_divergences(master, [other], text, options=options, sink=sink)[0]


def measure_divergences(
    master: Path,
    others: Sequence[Path],
    text: str,
    *,
    options: DivergenceOptions | None = None,
    sink: Sink = ignore,
) -> list[Divergence]:
    """Return how far each of ``others`` is from ``master`` on ``text``.

    The master runs once for all of them; all models are in memory together.

    Args:
        master: The file that is taken to be right.
        others: Files with the same vocabulary.
        text: What they predict; two chunks of it at least.
        options: Sizes and threads.
        sink: Told about each chunk.

    Raises:
        KdedgeError: A model cannot be run, vocabularies differ, the text is too short, or logits
            are not finite.
    """
    options = options or DivergenceOptions()
    _check_sizes(options)
    with ExitStack() as open_streams:
        base = _Runner(open_streams.enter_context(LogitStream()), master, options)
        runners = [
            _Runner(open_streams.enter_context(LogitStream()), other, options) for other in others
        ]
        for runner in runners:
            _check_pair(base, runner)
        chunks = _cut(base, text, options=options, sink=sink)
        threads = open_streams.enter_context(ThreadPoolExecutor(base.model.n_threads))
        compared = _Comparison(base, runners, threads)
        for number, chunk in enumerate(chunks):
            compared.add(chunk)
            sink(Progress(phase="comparing", done=number + 1, total=len(chunks), unit="chunks"))
    sha256 = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return [
        summarise(numbers, chunk_tokens=options.chunk_tokens, text_sha256=sha256)
        for numbers in compared.numbers
    ]


class _Runner:
    """One model, loaded in its child."""

    def __init__(self, stream: LogitStream, path: Path, options: DivergenceOptions) -> None:
        self.stream = stream
        self.path = path
        self.model: LogitModel = stream.load(
            path,
            options=LogitOptions(
                context_tokens=options.chunk_tokens,
                n_threads=options.n_threads,
                n_gpu_layers=options.n_gpu_layers,
            ),
        )
        if options.chunk_tokens > self.model.n_ctx_train > 0:
            raise KdedgeError(
                f"{path.name} was made for {self.model.n_ctx_train} tokens at once, a chunk has "
                f"{options.chunk_tokens}.",
                hint=f"Use --chunk-tokens {self.model.n_ctx_train} or less.",
            )


class _Comparison:
    """The numbers of all chunks so far, for each of the models."""

    def __init__(
        self, master: _Runner, others: Sequence[_Runner], threads: ThreadPoolExecutor
    ) -> None:
        self._master = master
        self._others = others
        self._threads = threads
        self.numbers: list[list[PositionNumbers]] = [[] for _ in others]

    def add(self, chunk: Sequence[int]) -> None:
        """Run all models over ``chunk`` and keep what its second half says."""
        from kdedge.quantize.row_divergence import compare_rows, join

        first = len(chunk) // 2
        following = chunk[first + 1 :]  # nothing follows the last token: its row is not scored
        streams = [other.stream.logits(chunk, first=first) for other in self._others]
        pieces: list[list[PositionNumbers]] = [[] for _ in self._others]
        at = 0
        for master_rows in self._master.stream.logits(chunk, first=first):
            part = following[at : at + len(master_rows)]
            at += len(part)
            for stream, found in zip(streams, pieces, strict=True):
                rows = next(stream)
                found.append(
                    compare_rows(
                        master_rows[: len(part)],
                        rows[: len(part)],
                        following=part,
                        threads=self._threads,
                        n_threads=self._master.model.n_threads,
                    )
                )
        for other, found, kept in zip(self._others, pieces, self.numbers, strict=True):
            whole = join(found)
            _check_finite(whole, master=self._master.path, other=other.path)
            kept.append(whole)


def _check_sizes(options: DivergenceOptions) -> None:
    if options.chunk_tokens < FEWEST_CHUNK_TOKENS:
        raise KdedgeError(
            f"A chunk of {options.chunk_tokens} tokens is too short to compare models on.",
            hint=f"Use --chunk-tokens {FEWEST_CHUNK_TOKENS} or more; 512 is usual.",
        )
    if options.n_chunks is not None and options.n_chunks < _FEWEST_CHUNKS:
        raise KdedgeError(
            f"{options.n_chunks} chunk is too little for an interval.",
            hint=f"Use --chunks {_FEWEST_CHUNKS} or more.",
        )


def _check_pair(master: _Runner, other: _Runner) -> None:
    ours, theirs = master.model, other.model
    if ours.n_vocab != theirs.n_vocab:
        difference = f"{ours.n_vocab} tokens and {theirs.n_vocab}"
    elif ours.vocabulary_sha256 != theirs.vocabulary_sha256:
        difference = "different tokens"
    elif ours.bos != theirs.bos:
        difference = "different beginning-of-sequence tokens"
    else:
        return
    raise KdedgeError(
        f"{master.path.name} and {other.path.name} cannot be compared: their vocabularies have "
        f"{difference}.",
        hint="Compare a model with the master it was quantised from.",
    )


def _cut(master: _Runner, text: str, *, options: DivergenceOptions, sink: Sink) -> list[list[int]]:
    size = options.chunk_tokens
    tokens = master.stream.tokenize(text, special=False, add_bos=True)
    available = len(tokens) // size
    if available < _FEWEST_CHUNKS:
        raise KdedgeError(
            f"The text has {len(tokens)} tokens, two chunks of {size} are needed.",
            hint="Give a longer text, or use a smaller --chunk-tokens.",
        )
    wanted = options.n_chunks or available
    if wanted > available:
        sink(Note(text=f"The text has {available} chunks of {size} tokens, not {wanted}."))
    chunks = [tokens[at : at + size] for at in range(0, min(wanted, available) * size, size)]
    if master.model.bos is not None:
        for chunk in chunks:
            chunk[0] = master.model.bos
    return chunks


def _check_finite(numbers: "PositionNumbers", *, master: Path, other: Path) -> None:
    import numpy as np

    if not np.isfinite(numbers.nll_master).all():
        broken = master
    elif np.isfinite(numbers.nll).all() and np.isfinite(numbers.kl).all():
        return
    else:
        broken = other
    raise KdedgeError(
        f"{broken.name} predicts numbers that are not finite.",
        hint="Its weights are damaged or overflow: make the file again, from F32 or BF16.",
    )
