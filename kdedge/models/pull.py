"""One GGUF file from the hub, checked, resumable, in Hugging Face's own cache.

It goes there and not into kdedge's folder because that is where a user looks for it: every other
program that reads the cache finds it, ``hf cache`` manages it, and what such a program downloaded
is not downloaded again. ``kdedge models list`` shows it as ``ORG/REPO/NAME``.

huggingface_hub itself drops a download that is cut short, so the bytes are kept here: beside the
other files of the cache, under the name that its earlier versions gave them. Only when their
sha256 is the one on the hub's record does the cache get the file.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any, BinaryIO

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Note, Progress, Sink, ignore
from kdedge.core.files import raise_cannot_write
from kdedge.models.found import huggingface_cache
from kdedge.models.header import read_header
from kdedge.models.hub import (
    HubFile,
    chosen_file,
    hub,
    hub_errors,
    parse_reference,
    transport_errors,
)
from kdedge.models.identity import remember_sha256
from kdedge.models.transfer import TransferRate, paced

_HASH_CHUNK_BYTES = 4 * 1024**2
_RESERVE_BYTES = 64 * 1024**2
"""Left free on the disk."""
_PATIENCE_S = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Waits before another attempt; they start over when something was received."""
_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A model that is in the cache now."""

    path: Path
    file: HubFile
    sha256: str
    downloaded_bytes: int
    """By this call; 0 when it was there already."""
    resumed_bytes: int
    """That were there from an earlier call."""


def pull_model(reference: str, *, sink: Sink = ignore) -> Pulled:
    """Download the GGUF file that ``reference`` means, unless it is there, and check it.

    Args:
        reference: ``hf:ORG/REPO`` or ``hf:ORG/REPO:FILE``; a part of just one name will do.
        sink: Gets the progress in bytes.

    Raises:
        KdedgeError: The reference means none or several files, the hub cannot be reached or
            refuses, the disk is full, or what arrived is not what the hub has on record.
        InterruptedRunError: The user stopped it; what was downloaded is kept.
    """
    sink = paced(sink)
    place = _Place.of(chosen_file(parse_reference(reference)))
    file, start, received = place.file, 0, 0
    if (here := place.here()) is not None:
        sink(Note(text=f"{file.name} is here already; it is checked."))
        sha256 = _checked(here, file, sink)
    else:
        with _partial(place.blob) as partial:
            start = _usable_start(partial, file)
            _check_room(place.blob.parent, file.n_bytes - start)
            received = _download(partial, file, start=start, sink=sink)
            sha256 = _checked(Path(partial.name), file, sink)
            Path(partial.name).replace(place.blob)
    place.link()
    read_header(place.path)
    remember_sha256(place.path, sha256)
    return Pulled(
        path=place.path,
        file=file,
        sha256=sha256,
        downloaded_bytes=received,
        resumed_bytes=start,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the cache keeps one file: the bytes under their checksum, and a link by its name."""

    file: HubFile
    storage: Path
    blob: Path
    path: Path
    """The link."""

    @classmethod
    def of(cls, file: HubFile) -> "_Place":
        storage = huggingface_cache() / f"models--{file.repo.replace('/', '--')}"
        return cls(
            file=file,
            storage=storage,
            blob=storage / "blobs" / file.etag,
            path=storage / "snapshots" / file.commit / file.name,
        )

    def here(self) -> Path | None:
        """Return where the file's bytes are, if they are."""
        return next((each for each in (self.path, self.blob) if each.is_file()), None)

    def link(self) -> None:
        """Give the file its name, and the repository the commit it came from.

        Raises:
            KdedgeError: The cache cannot be written.
        """
        reference = self.storage / "refs" / "main"
        try:
            if not self.path.is_file():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.unlink(missing_ok=True)  # a link to what is gone
                self._make_link()
            reference.parent.mkdir(parents=True, exist_ok=True)
            reference.write_text(self.file.commit, encoding="ascii")
        except OSError as error:
            raise_cannot_write(self.path, error)

    def _make_link(self) -> None:
        try:
            self.path.symlink_to(os.path.relpath(self.blob, self.path.parent))
        except OSError:  # a disk without links has the file itself there, as the hub does it
            self.blob.replace(self.path)


@contextmanager
def _partial(blob: Path) -> Iterator[BinaryIO]:
    """Give the file that collects the bytes of ``blob``; nobody else writes it meanwhile.

    Raises:
        KdedgeError: It cannot be written, or another process is downloading it.
    """
    path = blob.with_name(f"{blob.name}.incomplete")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as partial:
            try:
                fcntl.flock(partial, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise KdedgeError(
                    "Another process is downloading this file.",
                    hint="Wait for it; then this command finds the file in the cache.",
                ) from error
            yield partial
    except OSError as error:
        raise_cannot_write(path, error)


def _usable_start(partial: BinaryIO, file: HubFile) -> int:
    """Return how many bytes of the file are there; too many are none."""
    start = partial.seek(0, os.SEEK_END)
    if start > file.n_bytes:
        partial.truncate(0)
        return 0
    return start


def _check_room(folder: Path, needed: int) -> None:
    """Refuse what does not fit on the disk of ``folder``.

    Raises:
        KdedgeError: It does not.
    """
    free = shutil.disk_usage(folder).free
    if needed + _RESERVE_BYTES > free:
        raise KdedgeError(
            f"The download takes {needed / _MIB:,.0f} MiB, but {folder} has only"
            f" {free / _MIB:,.0f} MiB free.",
            hint="Free some space, or set HF_HOME to a folder on a larger disk.",
        )


def _download(partial: BinaryIO, file: HubFile, *, start: int, sink: Sink) -> int:
    """Add what is missing to ``partial``, and return how many bytes were received.

    Raises:
        KdedgeError: The hub refuses or cannot be reached any more.
        InterruptedRunError: The user stopped it.
    """
    receiver = _Receiver(partial, file, have=start, sink=sink)
    kept = " What was downloaded is kept; the same command goes on."
    try:
        with hub_errors(file.repo, kept=kept):
            receiver.receive_all()
    except KeyboardInterrupt as error:
        partial.flush()
        raise InterruptedRunError(
            f"The download was interrupted at {receiver.have / _MIB:,.0f} of"
            f" {file.n_bytes / _MIB:,.0f} MiB; they are kept.",
            hint="The same command goes on.",
        ) from error
    return receiver.received


class _Receiver:
    """Receives the rest of one file, over as many connections as it takes."""

    def __init__(self, partial: BinaryIO, file: HubFile, *, have: int, sink: Sink) -> None:
        self.have = have
        """Bytes of the file that are there."""
        self.received = 0
        self._partial = partial
        self._file = file
        self._sink = sink
        self._rate = TransferRate(total=file.n_bytes)

    def receive_all(self) -> None:
        """Receive until the file is whole.

        Raises:
            ValueError: The hub sends something else.
        """
        waits = list(_PATIENCE_S)
        self._tell()
        while self.have < self._file.n_bytes:
            before = self.received
            try:
                self._receive_some()
            except transport_errors():
                waits = list(_PATIENCE_S) if self.received > before else waits
                if not waits:
                    raise
                sleep(waits.pop(0))
            else:
                if self.received == before:
                    raise ValueError("the hub sends nothing")
        self._partial.flush()
        os.fsync(self._partial.fileno())

    def _receive_some(self) -> None:
        """Receive until the file is whole or the connection ends.

        Raises:
            ValueError: More comes than the file has.
        """
        with _response(self._file, start=self.have) as response:
            if self.have and response.status_code != 206:  # it starts from the beginning
                self._partial.truncate(0)
                self.have = 0
            # As they come: what waits for a full chunk is lost when the connection is.
            for chunk in response.iter_bytes():
                self._partial.write(chunk)
                self.have += len(chunk)
                self.received += len(chunk)
                if self.have > self._file.n_bytes:
                    raise ValueError("the hub sends more than the file has")
                self._tell()

    def _tell(self) -> None:
        self._sink(
            Progress(
                phase="downloading",
                done=self.have,
                total=self._file.n_bytes,
                unit="bytes",
                detail=self._rate.in_words(self.have),
            )
        )


@contextmanager
def _response(file: HubFile, *, start: int) -> Iterator[Any]:
    """Give the hub's answer with the file's bytes from ``start`` on."""
    library = hub()
    headers = library.utils.build_hf_headers(library_name="kdedge")
    headers["Accept-Encoding"] = "identity"
    if start:
        headers["Range"] = f"bytes={start}-"
    # Not the address the hub forwards to: that one is signed for an hour, a download may take two.
    url = library.hf_hub_url(file.repo, file.name, revision=file.commit)
    timeout = library.constants.HF_HUB_DOWNLOAD_TIMEOUT
    with library.get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        library.utils.hf_raise_for_status(response)
        yield response


def _checked(path: Path, file: HubFile, sink: Sink) -> str:
    """Return the sha256 of the file at ``path``, which is removed if it is not the hub's.

    Raises:
        KdedgeError: It is another file than the hub has on record.
    """
    sha256 = hashlib.sha256()
    # What git calls a file it keeps itself.
    git_sha1 = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    done = 0
    with path.open("rb") as content:
        while chunk := content.read(_HASH_CHUNK_BYTES):
            sha256.update(chunk)
            if file.sha256 is None:
                git_sha1.update(chunk)
            done += len(chunk)
            sink(Progress(phase="checking", done=done, total=file.n_bytes, unit="bytes"))
    found = (git_sha1 if file.sha256 is None else sha256).hexdigest()
    if found != file.etag:
        path.resolve().unlink()  # a link to it is as good as gone then
        raise KdedgeError(
            f"{file.name} is not what the hub has on record, so it was removed:"
            f" its checksum is {found[:16]}, not {file.etag[:16]}.",
            hint="Pull it again; if that happens twice, something between you and the hub changes"
            " what is sent.",
        )
    return sha256.hexdigest()
