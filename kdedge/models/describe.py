"""What a result document says about its model."""

from dataclasses import asdict, dataclass
from pathlib import Path

from kdedge.core.events import Sink, ignore
from kdedge.core.json_value import Json
from kdedge.models.header import Header, read_header
from kdedge.models.identity import sha256_of

_SOURCE_KEYS = (
    "general.source.huggingface.repository",
    "general.source.url",
    "general.repo_url",
    "general.url",
)
_LINEAGE_PREFIX = "kdedge."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """Which model it was, well enough to tell it from every other."""

    path: str
    sha256: str
    architecture: str
    n_params: int
    file_bytes: int
    file_type: str
    """The mix of the whole file, such as Q4_K_M."""
    bits_per_weight: float
    name: str | None
    """What its makers call it."""
    source: str | None
    """Where it came from, if the file says so."""
    lineage: dict[str, str]
    """What kdedge wrote into the file when it made it."""

    def as_json(self) -> dict[str, Json]:
        """Return the ``model`` object of a result document."""
        return asdict(self)


def describe_model(path: Path, *, sink: Sink = ignore) -> ModelFacts:
    """Return what identifies the model at ``path``; reads the whole file once for its sha256.

    Raises:
        KdedgeError: The file is missing, cannot be read, or is no usable GGUF file.
    """
    header = read_header(path)
    return ModelFacts(
        path=str(path.absolute()),
        sha256=sha256_of(path, sink=sink),
        architecture=header.architecture,
        n_params=header.n_params,
        file_bytes=header.file_bytes,
        file_type=header.file_type,
        bits_per_weight=round(header.bits_per_weight, 4),
        name=header.name,
        source=_source(header),
        lineage={
            key.removeprefix(_LINEAGE_PREFIX): str(value)
            for key, value in header.metadata.items()
            if key.startswith(_LINEAGE_PREFIX) and isinstance(value, bool | int | float | str)
        },
    )


def _source(header: Header) -> str | None:
    return next((text for key in _SOURCE_KEYS if (text := header.text(key))), None)
