"""Is a model's file still the one that was added or downloaded?

The header is read, which also checks that every tensor lies inside the file; then the whole file
is hashed and compared with what is on record. What the numbers in it mean is not looked at.
"""

from dataclasses import dataclass
from pathlib import Path

from kdedge.core.events import Sink, ignore
from kdedge.core.json_value import Json
from kdedge.models.found import LibraryEntry
from kdedge.models.header import read_header
from kdedge.models.identity import read_sha256, remember_sha256, remembered_sha256
from kdedge.models.library import entry_of
from kdedge.models.transfer import paced

_RECORDS = {
    "added": "when it was added",
    "starter": "by its package",
    "huggingface": "by the hub it came from",
    "ollama": "by Ollama",
}
_LAST_READ = "when it was last read whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of one file."""

    name: str
    """Its name in the library; its file's name when it has none there."""
    path: str
    file_bytes: int
    n_tensors: int
    sha256: str
    """Of what is in the file now."""
    recorded_sha256: str | None
    """``None``: nothing was on record before; now ``sha256`` is."""
    recorded: str | None
    """When or by whom, in words."""

    @property
    def verdict(self) -> str:
        """Return ``same``, ``differs``, or ``recorded`` for the first time."""
        if self.recorded_sha256 is None:
            return "recorded"
        return "same" if self.recorded_sha256 == self.sha256 else "differs"

    def as_json(self) -> dict[str, Json]:
        """Return the result document."""
        return {
            "schema": "kdedge.models.verify/1",
            "verdict": self.verdict,
            "name": self.name,
            "path": self.path,
            "file_bytes": self.file_bytes,
            "n_tensors": self.n_tensors,
            "sha256": self.sha256,
            "recorded_sha256": self.recorded_sha256,
            "recorded": self.recorded,
        }


def verify_model(path: Path, *, sink: Sink = ignore) -> Verification:
    """Return what is true of the GGUF file at ``path``; the whole file is read.

    Args:
        path: A GGUF file, with a name in the library or without.
        sink: Told how much has been read.

    Raises:
        KdedgeError: The file is missing, cannot be read, or is no usable GGUF file.
    """
    header = read_header(path)
    entry = entry_of(path)
    recorded_sha256, recorded = _record(path, entry)
    sha256 = read_sha256(path, sink=paced(sink))
    if recorded_sha256 is None:
        remember_sha256(path, sha256)
    return Verification(
        name=path.stem if entry is None else entry.name,
        path=str(path.absolute()),
        file_bytes=header.file_bytes,
        n_tensors=len(header.tensors),
        sha256=sha256,
        recorded_sha256=recorded_sha256,
        recorded=recorded,
    )


def _record(path: Path, entry: LibraryEntry | None) -> tuple[str | None, str | None]:
    """Return the sha256 on record for the file and where it stands, if it does."""
    if entry is not None and entry.sha256 is not None:
        return entry.sha256, _RECORDS[entry.origin]
    remembered = remembered_sha256(path)
    return remembered, None if remembered is None else _LAST_READ
