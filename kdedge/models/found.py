"""GGUF files that other programs keep on this machine, used where they lie.

Only names and sizes are read here. Hugging Face's cache, LM Studio and Ollama; and the models
kdedge made itself.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.paths import home
from kdedge.models.starter import starter_model, starter_sha256

_OLLAMA_MODEL_LAYER = "application/vnd.ollama.image.model"
_MAX_MANIFEST_BYTES = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryEntry:
    """One model that can be called by its name."""

    name: str
    path: Path
    origin: str
    """``added``, ``starter``, ``kdedge``, ``huggingface``, ``lmstudio`` or ``ollama``."""
    sha256: str | None = None
    """What it had when it was added, or has by the records of the program it belongs to."""

    @property
    def file_bytes(self) -> int | None:
        """Return the size of its file; ``None`` when that is gone."""
        try:
            return self.path.stat().st_size
        except OSError:
            return None


def found_models() -> Iterator[LibraryEntry]:
    """Yield what lies on this machine without having been added."""
    with suppress(KdedgeError):  # not installed
        path, sha256 = starter_model(), starter_sha256()
        yield LibraryEntry(name="starter", path=path, origin="starter", sha256=sha256)
    for path in _ggufs(home() / "models"):
        yield LibraryEntry(name=path.stem, path=path, origin="kdedge")
    yield from _huggingface()
    yield from _lmstudio()
    yield from _ollama()


def huggingface_cache() -> Path:
    """Return the folder that Hugging Face's programs keep their downloads in."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    base = Path(os.environ.get("HF_HOME") or caches / "huggingface").expanduser()
    chosen = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(chosen).expanduser() if chosen else base / "hub"


def _huggingface() -> Iterator[LibraryEntry]:
    for repo in _folders(huggingface_cache()):
        kind, *parts = repo.name.split("--")
        if kind != "models":
            continue
        for snapshot in _folders(repo / "snapshots"):
            for path in _ggufs(snapshot):
                name = "/".join([*parts, path.stem])
                # The cache calls large files by their sha256, and links to them.
                sha256 = _sha256_in(path.resolve().name)
                yield LibraryEntry(name=name, path=path, origin="huggingface", sha256=sha256)


def _lmstudio() -> Iterator[LibraryEntry]:
    for base in (Path.home() / ".lmstudio", Path.home() / ".cache" / "lm-studio"):
        for path in _ggufs(base / "models"):
            yield LibraryEntry(name=path.stem, path=path, origin="lmstudio")


def _ollama() -> Iterator[LibraryEntry]:
    chosen = os.environ.get("OLLAMA_MODELS")
    bases = (
        [Path(chosen)]
        if chosen
        else [Path.home() / ".ollama/models", Path("/usr/share/ollama/.ollama/models")]
    )
    for base in bases:
        for manifest in _files(base / "manifests"):
            path = _ollama_blob(base, manifest)
            if path is not None:
                name = f"{manifest.parent.name}:{manifest.name}"
                sha256 = _sha256_in(path.name.removeprefix("sha256-"))
                yield LibraryEntry(name=name, path=path, origin="ollama", sha256=sha256)


def _ollama_blob(base: Path, manifest: Path) -> Path | None:
    try:
        if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
            return None
        layers = json.loads(manifest.read_text(encoding="utf-8"))["layers"]
        digests = [
            layer["digest"] for layer in layers if layer["mediaType"] == _OLLAMA_MODEL_LAYER
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # not a manifest of a kind we know
    for digest in digests:
        # Anything else could lead out of the folder.
        if isinstance(digest, str) and re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            blob = base / "blobs" / digest.replace(":", "-")
            if blob.is_file():
                return blob
    return None


def _sha256_in(name: str) -> str | None:
    return name if re.fullmatch(r"[0-9a-f]{64}", name) else None


def _ggufs(folder: Path) -> list[Path]:
    return [
        path
        for path in _files(folder)
        if path.suffix == ".gguf" and not path.name.startswith((".", "mmproj"))
    ]


def _files(folder: Path) -> list[Path]:
    found = []
    for parent, _, names in os.walk(folder):  # skips what it may not read
        found += [Path(parent, name) for name in names]
    return sorted(path for path in found if path.is_file())


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []
