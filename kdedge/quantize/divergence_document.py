"""What ``kdedge divergence`` hands out: the document ``kdedge.divergence/1`` and table rows."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from kdedge.core.events import Sink, ignore
from kdedge.core.json_value import Json
from kdedge.core.software import software_versions
from kdedge.models.header import read_header
from kdedge.models.identity import sha256_of
from kdedge.quantize.calibration import Text
from kdedge.quantize.divergence_summary import Divergence

SCHEMA = "kdedge.divergence/1"


def divergence_document(
    found: Sequence[Divergence],
    *,
    master: Path,
    others: Sequence[Path],
    text: Text,
    sink: Sink = ignore,
) -> dict[str, Json]:
    """Return the result document.

    Args:
        found: One for each of ``others``; at least one.
        master: The file that was taken to be right.
        others: What was compared with it.
        text: What they predicted.
        sink: Told while files are hashed.

    Raises:
        KdedgeError: A file has gone meanwhile.
    """
    first = found[0]
    pairs = zip(others, found, strict=True)
    return {
        "schema": SCHEMA,
        "master": _model(master, sink=sink),
        "text": {
            "name": text.name,
            "sha256": first.text_sha256,
            "n_chunks": first.n_chunks,
            "chunk_tokens": first.chunk_tokens,
            "n_tokens": first.n_tokens,
        },
        "divergences": [
            {"model": _model(path, sink=sink), **numbers_of(each)} for path, each in pairs
        ],
        "software": software_versions(),
    }


def numbers_of(found: Divergence) -> dict[str, Json]:
    """Return the numbers of one model, for documents."""
    return {
        "mean_kl": found.mean_kl,
        "mean_kl_ci95": list(found.mean_kl_ci95),
        "p99_kl": found.p99_kl,
        "worst_kl": found.worst_kl,
        "top1_agreement": found.top1_agreement,
        "perplexity_master": found.perplexity_master,
        "perplexity": found.perplexity,
        "n_tokens": found.n_tokens,
    }


def divergence_rows(found: Sequence[Divergence], paths: Sequence[Path]) -> list[tuple[str, ...]]:
    """Return a row for each model: name, size, KL with interval and tails, top-1, perplexity."""
    return [
        (
            escape(path.name),
            f"{path.stat().st_size / 1024**2:.1f}",
            f"{each.mean_kl:.4f} [{each.mean_kl_ci95[0]:.4f}, {each.mean_kl_ci95[1]:.4f}]",
            f"{each.p99_kl:.3f}",
            f"{each.worst_kl:.2f}",
            f"{each.top1_agreement:.1%}",
            f"{each.perplexity:.4g}",
        )
        for path, each in zip(paths, found, strict=True)
    ]


def _model(path: Path, *, sink: Sink) -> dict[str, Json]:
    header = read_header(path)
    return {
        "path": str(path),
        "sha256": sha256_of(path, sink=sink),
        "architecture": header.architecture,
        "file_type": header.file_type,
        "file_bytes": header.file_bytes,
        "bits_per_weight": header.bits_per_weight,
    }
