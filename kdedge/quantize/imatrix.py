"""Gathers activation statistics: the model runs over a text in a child, chunk by chunk.

What has been gathered is saved beside the target every so often and on Ctrl-C, and ``resume`` goes
on from there.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Note, Progress, Sink, ignore
from kdedge.core.files import raise_cannot_write
from kdedge.models.identity import sha256_of
from kdedge.quantize.calibration import Text
from kdedge.quantize.imatrix_file import Imatrix, ImatrixEntry, read_imatrix, write_imatrix
from kdedge.quantize.imatrix_sum import add_imatrices
from kdedge.runtime.activation_client import ActivationClient

FEWEST_CHUNK_TOKENS = 32
_SAVE_EVERY_CHUNKS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherOptions:
    """How much of a text is used, and how the model runs."""

    chunk_tokens: int = 512
    n_chunks: int | None = None
    """``None``: the whole text."""
    merge: Sequence[Path] = ()
    """Imatrix files of the same model that are added."""
    resume: bool = False
    """Go on from what an interrupted run has left beside the target."""
    n_threads: int | None = None
    """``None``: one a physical core this process may use."""
    n_gpu_layers: int = 0
    """Layers on the GPU; -1 is all of them."""


def gather_imatrix(
    model: Path,
    text: Text,
    target: Path,
    *,
    options: GatherOptions | None = None,
    sink: Sink = ignore,
) -> Imatrix:
    """Run ``model`` over ``text``, write the statistics to ``target`` and return them.

    Raises:
        KdedgeError: The model cannot be run, the text is too short, a file to merge does not fit,
            or the target cannot be written.
        InterruptedRunError: Ctrl-C; what was gathered is kept.
    """
    options = options or GatherOptions()
    if options.chunk_tokens < FEWEST_CHUNK_TOKENS:
        raise KdedgeError(
            f"A chunk of {options.chunk_tokens} tokens is too short.",
            hint=f"Use --chunk-tokens {FEWEST_CHUNK_TOKENS} or more; 512 is usual.",
        )
    _check_target(target)
    earlier = [read_imatrix(path) for path in options.merge]
    run = _Gathering(model, text, target, options, sink)
    return run.finish(run.gather(), earlier)


class _Gathering:
    def __init__(
        self, model: Path, text: Text, target: Path, options: GatherOptions, sink: Sink
    ) -> None:
        self._model = model
        self._text = text
        self._target = target
        self._options = options
        self._sink = sink
        self._kept = target.with_name(f".{target.name}.unfinished")
        self._model_sha256 = sha256_of(model, sink=sink)

    def gather(self) -> Imatrix:
        begun = self._begun()
        first = begun.n_chunks if begun else 0
        with ActivationClient() as client:
            client.load(
                self._model,
                chunk_tokens=self._options.chunk_tokens,
                n_threads=self._options.n_threads,
                n_gpu_layers=self._options.n_gpu_layers,
            )
            total = self._n_chunks(client.take_text(self._text.text))
            try:
                for number in range(first, total):
                    client.run_chunk(number)
                    done = number + 1
                    self._sink(Progress(phase="gathering", done=done, total=total, unit="chunks"))
                    if done % _SAVE_EVERY_CHUNKS == 0 and done < total:
                        self._save(self._so_far(client, begun, done))
            except KeyboardInterrupt:
                done = client.finish_chunk()
                self._save(self._so_far(client, begun, first + done))
                raise InterruptedRunError(
                    f"Stopped after {first + done} of {total} chunks; they are kept.",
                    hint="Run the same command with --resume to go on.",
                ) from None
            return self._so_far(client, begun, max(first, total))

    def finish(self, gathered: Imatrix, earlier: Sequence[Imatrix]) -> Imatrix:
        if not gathered.entries:
            raise KdedgeError(
                f"{self._model.name} uses no weights that an imatrix is about.",
                hint="An imatrix is for language models with blocks.",
            )
        _tell_unreached(gathered, self._sink)
        whole = add_imatrices([*earlier, gathered]) if earlier else gathered
        write_imatrix(self._target, whole)
        self._kept.unlink(missing_ok=True)
        return whole

    def _begun(self) -> Imatrix | None:
        if not self._options.resume:
            return None
        if not self._kept.is_file():
            self._sink(Note(text=f"Nothing unfinished is beside {self._target}: starting anew."))
            return None
        found = read_imatrix(self._kept)
        same = (
            found.text_sha256 == self._text.sha256
            and found.model_sha256 == self._model_sha256
            and found.chunk_tokens == self._options.chunk_tokens
        )
        if not same:
            raise KdedgeError(
                f"What is unfinished beside {self._target} is of another model, text or chunk "
                f"length.",
                hint="Leave --resume out to start anew.",
            )
        return found

    def _n_chunks(self, n_tokens: int) -> int:
        size = self._options.chunk_tokens
        available = n_tokens // size
        if available < 1:
            raise KdedgeError(
                f"The text has {n_tokens} tokens, a chunk needs {size}.",
                hint="Give a longer text, or use a smaller --chunk-tokens.",
            )
        wanted = self._options.n_chunks or available
        if wanted > available:
            self._sink(Note(text=f"The text has {available} chunks of {size}, not {wanted}."))
        return min(wanted, available)

    def _so_far(self, client: ActivationClient, begun: Imatrix | None, n_chunks: int) -> Imatrix:
        entries = {
            each.name: ImatrixEntry(
                sums=each.sums.reshape(len(each.counts), -1), counts=each.counts
            )
            for each in client.statistics()
        }
        new = self._imatrix(entries, n_chunks=n_chunks - (begun.n_chunks if begun else 0))
        return add_imatrices([begun, new]) if begun and entries else begun or new

    def _imatrix(self, entries: dict[str, ImatrixEntry], *, n_chunks: int) -> Imatrix:
        return Imatrix(
            entries=entries,
            datasets=(self._text.name,),
            n_chunks=n_chunks,
            chunk_tokens=self._options.chunk_tokens,
            text_sha256=self._text.sha256,
            model_sha256=self._model_sha256,
        )

    def _save(self, so_far: Imatrix) -> None:
        if so_far.entries:
            write_imatrix(self._kept, so_far)


def _check_target(target: Path) -> None:
    """Find out before the work whether its result can be written."""
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise_cannot_write(target, error)


def _tell_unreached(imatrix: Imatrix, sink: Sink) -> None:
    stacks = [entry.counts for entry in imatrix.entries.values() if len(entry.counts) > 1]
    unreached = sum(int((counts == 0).sum()) for counts in stacks)
    total = sum(len(counts) for counts in stacks)
    if unreached:
        sink(Note(text=f"No token reached {unreached} of {total} expert weights: use more text."))
