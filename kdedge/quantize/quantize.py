"""A GGUF file of another type, whole or not at all.

Quantising what is already quantised costs quality twice; that is refused unless asked for.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Sink, ignore
from kdedge.core.files import raise_cannot_write, whole_file
from kdedge.models.header import Header, read_header
from kdedge.models.identity import sha256_of
from kdedge.quantize.lineage import ImatrixFacts, KeyValues, SourceFacts, lineage_of
from kdedge.quantize.overrides import Override
from kdedge.quantize.plan import QuantizationPlan, check_needs, plan_of
from kdedge.quantize.session import open_session, readable_header
from kdedge.quantize.types import MASTER_TYPES, file_type_called

_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """What was made."""

    path: Path
    file_bytes: int
    bits_per_weight: float
    file_type: str
    source_sha256: str
    plan: QuantizationPlan
    """What was planned, and came true."""
    imatrix: ImatrixFacts | None = None

    @property
    def summary(self) -> str:
        """Return path, type and size in a line."""
        size = f"{self.file_bytes / _MIB:.1f} MiB, {self.bits_per_weight:.2f} bits a weight"
        return f"{self.path}: {self.file_type}, {size}"


def quantize_model(  # noqa: PLR0913 - what a file depends on, each by its name
    source: Path,
    target: Path,
    *,
    file_type: str,
    overrides: Sequence[Override] = (),
    imatrix: Path | None = None,
    requantize: bool = False,
    sink: Sink = ignore,
) -> Quantized:
    """Write ``source`` as ``file_type`` to ``target`` and return what came out.

    Interrupted or killed at any moment, it leaves ``target`` as it was before.

    Args:
        source: An F32, F16 or BF16 GGUF file.
        target: The file to write; an earlier one is replaced when the new one is whole.
        file_type: A mix, for example ``Q4_K_M``.
        overrides: Exceptions from the mix; the first that matches a tensor counts.
        imatrix: Activation statistics that weight the rounding errors.
        requantize: Take a source that is quantised already.
        sink: Told of each tensor.

    Raises:
        KdedgeError: Something does not fit together (said before any work), the disk is full,
            the source changed meanwhile, or llama.cpp failed. Then nothing is written.
    """
    chosen = file_type_called(file_type)
    check_paths(source, target, imatrix=imatrix, requantize=requantize, sink=sink)
    before = _stamp(source)
    with open_session(source, imatrix=imatrix) as session:
        planned = session.plan(chosen, overrides=overrides)
        plan = plan_of(planned, header=session.header, file_type=chosen, overrides=overrides)
        facts = None if session.imatrix is None else session.imatrix.facts
        check_needs(plan, imatrix=session.imatrix)
        _check_space(target, plan.file_bytes)
        told = SourceFacts(
            file_name=source.name, sha256=sha256_of(source, sink=sink), header=session.header
        )
        key_values = lineage_of(told, file_type=chosen.name, overrides=overrides, imatrix=facts)
        with whole_file(target) as partial:
            session.write(
                partial, file_type=chosen, overrides=overrides, key_values=key_values, sink=sink
            )
            _check_unchanged(source, before)
            made = _checked(partial, plan, key_values)
    return Quantized(
        path=target,
        file_bytes=made.file_bytes,
        bits_per_weight=made.bits_per_weight,
        file_type=chosen.name,
        source_sha256=told.sha256,
        plan=plan,
        imatrix=facts,
    )


def check_paths(
    source: Path,
    target: Path,
    *,
    imatrix: Path | None,
    requantize: bool,
    sink: Sink = ignore,
) -> None:
    """Refuse what cannot be quantised, or not to ``target``; takes no time.

    Args:
        source: A GGUF file.
        target: The file to write.
        imatrix: Activation statistics.
        requantize: Take a source that is quantised already.
        sink: Told when that costs quality.

    Raises:
        KdedgeError: The source is no master, or the target is a file to be read or has no folder.
    """
    _check_target(target, read_too=[source] if imatrix is None else [source, imatrix])
    _check_source(readable_header(source), source, requantize=requantize, sink=sink)


def _check_target(target: Path, *, read_too: Sequence[Path]) -> None:
    try:
        if not target.parent.is_dir():
            raise KdedgeError(
                f"The folder {target.parent} does not exist.",
                hint="Make the folder first, or choose another path.",
            )
        if target.exists() and not target.is_file():
            raise KdedgeError(f"{target} is no file.", hint="Give the result a file name.")
        if any(target.exists() and each.exists() and target.samefile(each) for each in read_too):
            raise KdedgeError(
                f"{target} is a file to be read.", hint="Give the result another name."
            )
    except OSError as error:
        raise_cannot_write(target, error)


def _check_source(header: Header, source: Path, *, requantize: bool, sink: Sink) -> None:
    found = header.file_type
    if found in MASTER_TYPES:
        return
    if not requantize:
        raise KdedgeError(
            f"{source.name} is already quantised ({found}); doing it twice costs quality twice.",
            hint="Start from an F32, F16 or BF16 file, or say --allow-requantize.",
        )
    sink(Note(text=f"{source.name} is already {found}: quantising it again costs quality."))


def _check_space(target: Path, needed_bytes: int) -> None:
    try:
        free = shutil.disk_usage(target.parent).free
    except OSError as error:
        raise_cannot_write(target, error)
    if free < needed_bytes:
        raise KdedgeError(
            f"{target} needs {needed_bytes / _MIB:.0f} MiB and {free / _MIB:.0f} MiB are free.",
            hint="Free some space, or choose a folder on another disk.",
        )


def _stamp(source: Path) -> tuple[int, int, int, int]:
    try:
        status = os.stat(source)  # noqa: PTH116
    except OSError as error:
        raise KdedgeError(
            f"{source} cannot be read: {error.strerror or error}.", hint="Check its permissions."
        ) from error
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _check_unchanged(source: Path, before: tuple[int, int, int, int]) -> None:
    if _stamp(source) != before:
        raise KdedgeError(
            f"{source} changed while it was quantised, so nothing was written.",
            hint="Wait until it is written, then try again.",
        )


def _checked(partial: Path, plan: QuantizationPlan, key_values: KeyValues) -> Header:
    """Return the header of what was made, when it is whole and as planned.

    Raises:
        KdedgeError: It is another file than planned.
    """
    made = read_header(partial)
    types = {tensor.name: tensor.quant_type for tensor in made.tensors}
    wrong = next((row for row in plan.rows if types.get(row.tensor) != row.to_type), None)
    if wrong is not None or any(made.metadata.get(key) != key_values[key] for key in key_values):
        where = wrong.tensor if wrong is not None else "the metadata"
        raise KdedgeError(
            f"llama.cpp did not write what it planned: {where} differs.",
            hint="This version of llama-cpp-python is not known to kdedge: install 0.3.36.",
        )
    return made
