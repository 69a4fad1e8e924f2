"""What a quantised file says of where it comes from: key-values in its metadata, no dates.

``kdedge.source.*`` names the file it was made from and that file's sha256, ``kdedge.quantize.*``
the settings, ``quantize.imatrix.*`` (llama.cpp's own keys) and ``kdedge.imatrix.sha256`` the
activation statistics. ``general.base_model.*`` stays as it is where the source has it; a source
without it is itself the base model. The same work writes the same words.

llama.cpp writes no text over 127 bytes for us. A longer one is cut into ``KEY.0``, ``KEY.1``, ...
which joined give the whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdedge.models.header import Header
from kdedge.quantize.overrides import Override
from kdedge.quantize.types import MASTER_TYPES
from kdedge.runtime.quantizer_client import MAX_TEXT_BYTES

KeyValues = dict[str, str | int]
_OURS = ("kdedge.source.", "kdedge.quantize.", "kdedge.imatrix.", "quantize.imatrix.")
_BASE_MODEL_KEYS = ("name", "organization", "version", "repo_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImatrixFacts:
    """What is told of the activation statistics a file was made with."""

    file_name: str
    sha256: str
    n_entries: int
    """Tensors that have statistics."""
    dataset: str = ""
    """Name of the text they come from; empty when the file does not say."""
    n_chunks: int = 0
    """Pieces of text they come from; 0 when the file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What is told of the file that was quantised."""

    file_name: str
    sha256: str
    header: Header


def lineage_of(
    source: SourceFacts,
    *,
    file_type: str,
    overrides: Sequence[Override] = (),
    imatrix: ImatrixFacts | None = None,
) -> KeyValues:
    """Return the key-values that tell how a file was made, each short enough for llama.cpp."""
    found = source.header.file_type
    told: KeyValues = {
        "kdedge.source.file": source.file_name,
        "kdedge.source.file_type": found,
        "kdedge.source.sha256": source.sha256,
        "kdedge.quantize.type": file_type,
    }
    if overrides:
        recipe = " ".join(f"{each.pattern}={each.quant_type}" for each in overrides)
        told["kdedge.quantize.overrides"] = recipe
    if found not in MASTER_TYPES:
        told["kdedge.quantised_twice"] = f"from {found}: costs quality twice"
    entries = _fitting(told) | (_imatrix_entries(imatrix) if imatrix is not None else {})
    return _emptied(source.header, entries) | entries | _base_model(source.header)


def read_text(metadata: Mapping[str, object], key: str) -> str | None:
    """Return the text at ``key`` of a file's metadata, joined from its parts if it was cut."""
    whole = metadata.get(key)
    if isinstance(whole, str) and whole:
        return whole
    parts: list[str] = []
    while isinstance(part := metadata.get(f"{key}.{len(parts)}"), str) and part:
        parts.append(part)
    return "".join(parts) if parts else None


def _emptied(header: Header, entries: KeyValues) -> KeyValues:
    """Return what a source that was quantised itself says of that, emptied: it is not ours."""
    return {
        key: 0 if isinstance(value, int) else ""
        for key, value in header.metadata.items()
        if key.startswith(_OURS) and key not in entries and _fits(key)
    }


def _imatrix_entries(imatrix: ImatrixFacts) -> KeyValues:
    """Return the keys llama.cpp's own quantiser writes, and the hash it does not."""
    entries: KeyValues = {"quantize.imatrix.file": _cut(imatrix.file_name)}
    if imatrix.dataset:
        entries["quantize.imatrix.dataset"] = _cut(imatrix.dataset)
    entries["quantize.imatrix.entries_count"] = imatrix.n_entries
    if imatrix.n_chunks:
        entries["quantize.imatrix.chunks_count"] = imatrix.n_chunks
    entries["kdedge.imatrix.sha256"] = imatrix.sha256
    return entries


def _base_model(header: Header) -> KeyValues:
    """Return the source as base model, unless it names its own or has no name."""
    name = header.name
    if "general.base_model.count" in header.metadata or name is None or not _fits(name):
        return {}
    told = {key: header.text(f"general.{key}") for key in _BASE_MODEL_KEYS}
    entries: KeyValues = {"general.base_model.count": 1}
    for key, text in told.items():
        if text is not None and _fits(text):  # half a URL would be a wrong one
            entries[f"general.base_model.0.{key}"] = _clean(text)
    return entries


def _fitting(told: KeyValues) -> KeyValues:
    fitting: KeyValues = {}
    for key, value in told.items():
        parts = _parts(value) if isinstance(value, str) else [value]
        if len(parts) == 1:
            fitting[key] = parts[0]
        else:
            fitting |= {f"{key}.{number}": part for number, part in enumerate(parts)}
    return fitting


def _parts(text: str) -> list[str | int]:
    """Return ``text`` in pieces of at most 127 bytes that do not cut a character."""
    rest = _clean(text).encode()
    parts: list[str | int] = []
    while rest:
        part = rest[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
        parts.append(part)
        rest = rest[len(part.encode()) :]
    return parts or [""]


def _cut(text: str) -> str:
    return str(_parts(text)[0])


def _fits(text: str) -> bool:
    return bool(text) and len(_clean(text).encode()) <= MAX_TEXT_BYTES and "\0" not in text


def _clean(text: str) -> str:
    """Return ``text`` as llama.cpp can write it: names of files may hold any bytes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
