"""What ``kdedge imatrix`` hands out: the document ``kdedge.imatrix/1``."""

from pathlib import Path

from kdedge.core.json_value import Json
from kdedge.core.software import software_versions
from kdedge.models.identity import sha256_of
from kdedge.quantize.calibration import Text
from kdedge.quantize.imatrix_file import Imatrix

SCHEMA = "kdedge.imatrix/1"


def imatrix_document(
    imatrix: Imatrix, *, model: Path, target: Path, text: Text
) -> dict[str, Json]:
    """Return the result document.

    Raises:
        KdedgeError: A file has gone meanwhile.
    """
    counts = [entry.counts for entry in imatrix.entries.values()]
    return {
        "schema": SCHEMA,
        "path": str(target),
        "sha256": sha256_of(target),
        "file_bytes": target.stat().st_size,
        "model": {"path": str(model), "sha256": sha256_of(model)},
        "text": {"name": text.name, "sha256": text.sha256},
        "datasets": list(imatrix.datasets),
        "n_chunks": imatrix.n_chunks,
        "chunk_tokens": imatrix.chunk_tokens,
        "n_weights": len(imatrix.entries),
        "n_unreached": sum(int((each == 0).sum()) for each in counts),
        "software": software_versions(),
    }
