"""A GGUF file of another type, whole or not at all.

Quantising what is already quantised costs quality twice; that is refused unless asked for.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Progress, Sink
from kdedge.core.files import whole_file
from kdedge.models.header import read_header
from kdedge.models.identity import sha256_of

_MASTER_TYPES = {"F32", "F16", "BF16"}
FILE_TYPE_NAMES = (
    "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0",
    "IQ4_NL", "IQ4_XS", "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K", "BF16", "F16", "F32",
)  # fmt: skip
"""Types that need no importance matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """What was made."""

    path: Path
    file_bytes: int
    bits_per_weight: float
    file_type: str


def quantize_model(
    source: Path, target: Path, *, file_type: str, requantize: bool, sink: Sink
) -> Quantized:
    """Write ``source`` as ``file_type`` to ``target`` and return what came out.

    Raises:
        KdedgeError: The type is unknown, the source is already quantised and ``requantize`` is
            not set, both paths are one file, or llama.cpp failed. Then nothing is written.
    """
    _check(source, target, file_type=file_type, requantize=requantize, sink=sink)
    with whole_file(target) as partial:
        _run_child(source, partial, file_type=file_type, requantize=requantize, sink=sink)
    made = read_header(target)
    return Quantized(
        path=target,
        file_bytes=made.file_bytes,
        bits_per_weight=made.bits_per_weight,
        file_type=made.file_type,
    )


def _check(source: Path, target: Path, *, file_type: str, requantize: bool, sink: Sink) -> None:
    if file_type not in FILE_TYPE_NAMES:
        raise KdedgeError(
            f"{file_type} is no type this version makes.",
            hint=f"Choose one of: {', '.join(FILE_TYPE_NAMES)}.",
        )
    if target.exists() and source.exists() and target.samefile(source):
        raise KdedgeError(
            f"{target} is the file to be read.", hint="Give the result another name."
        )
    found = read_header(source).file_type
    if found in _MASTER_TYPES:
        return
    if not requantize:
        raise KdedgeError(
            f"{source.name} is already quantised ({found}); doing it twice costs quality twice.",
            hint="Start from an F32, F16 or BF16 file, or say --allow-requantize.",
        )
    sink(Note(text=f"{source.name} is already {found}: quantising it again costs quality."))


def _run_child(
    source: Path, partial: Path, *, file_type: str, requantize: bool, sink: Sink
) -> None:
    order = {
        "source": str(source),
        "target": str(partial),
        "file_type": file_type,
        "requantize": requantize,
        "lineage": _lineage(source, requantize=requantize),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "kdedge.runtime.quantizer", json.dumps(order)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert child.stdout is not None
    lines = []
    try:
        for line in child.stdout:
            lines.append(line)
            _tell(line, file_type, sink)
        code = child.wait()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    if code != 0:
        raise KdedgeError(
            f"llama.cpp could not quantise {source.name} to {file_type}.",
            hint="Check the file with `kdedge models show`; --debug shows llama.cpp's words.",
            detail="".join(lines[-50:]),
        )


def _lineage(source: Path, *, requantize: bool) -> dict[str, str]:
    """Return what the new file says of where it comes from."""
    found = read_header(source).file_type
    twice = found not in _MASTER_TYPES
    lineage = {
        "kdedge.source.file": source.name,
        "kdedge.source.file_type": found,
        "kdedge.source.sha256": sha256_of(source),
    }
    if twice and requantize:
        lineage["kdedge.quantised_twice"] = f"from {found}: costs quality twice"
    return lineage


def _tell(line: str, file_type: str, sink: Sink) -> None:
    """Turn ``[ 12/272] name ...`` into progress."""
    head, bracket, rest = line.partition("]")
    numbers = head.strip().lstrip("[").split("/")
    if bracket and len(numbers) == 2 and all(part.strip().isdigit() for part in numbers):
        done, total = (int(part) for part in numbers)
        name = rest.split()[0] if rest.split() else ""
        sink(
            Progress(phase=f"to {file_type}", done=done, total=total, unit="tensors", detail=name)
        )
