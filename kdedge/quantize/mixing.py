"""From a master and a budget to the overrides of the best mix found: the search on real files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Note, Sink, ignore
from kdedge.quantize.divergence import DivergenceOptions
from kdedge.quantize.imatrix_file import read_imatrix
from kdedge.quantize.mix import file_type_of, overrides_of
from kdedge.quantize.overrides import Override
from kdedge.quantize.plan import plan_of
from kdedge.quantize.probing import Types
from kdedge.quantize.search import FoundMix, SearchLimits, SearchOptions, Speed, search_mix
from kdedge.quantize.sensitivity import CANDIDATE_TYPES, TensorErrors, tensor_errors
from kdedge.quantize.session import Session, open_session
from kdedge.quantize.type_speeds import seconds_per_weight
from kdedge.quantize.types import MASTER_TYPES, file_type_called
from kdedge.quantize.workbench import Workbench

_LINEAGE_BYTES = 16 * 1024
"""Room for what the file says of its making; the overrides are the most of it."""
_ALIGNMENT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class MixBudget:
    """What the file may cost."""

    file_bytes: int
    most_seconds: float | None = None
    """For one decoded token; ``None``: speed does not count."""
    decode_seconds: Callable[[Path], float] | None = None
    """Times a file; needed when speed counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """The answer: what to give to the quantiser, and how it was found."""

    file_type: str
    overrides: tuple[Override, ...]
    found: FoundMix
    seconds_per_weight: dict[str, float] | None
    """Of each type on this machine; ``None`` when speed did not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixJob:
    """What the search works on."""

    master: Path
    """F32, F16 or BF16."""
    imatrix: Path | None
    text: str
    """What mixes are compared on; not the text they are judged on in the end."""
    folder: Path
    """For temporary files of the master's size."""
    divergence: DivergenceOptions
    search: SearchOptions
    quant_types: Sequence[str] = CANDIDATE_TYPES


def find_mix(job: MixJob, budget: MixBudget, *, sink: Sink = ignore) -> Mixed:
    """Return the mix of least divergence that was found within ``budget``.

    Raises:
        KdedgeError: The master is quantised already, nothing fits the budget, or a file cannot be
            made, run or timed.
    """
    with open_session(job.master, imatrix=job.imatrix) as session:
        if session.header.file_type not in MASTER_TYPES:
            raise KdedgeError(
                f"{job.master.name} is already quantised ({session.header.file_type}).",
                hint="A mix is searched from an F32, F16 or BF16 file.",
            )
        names, other_bytes = _quantisable(session)
        importance = {} if job.imatrix is None else read_imatrix(job.imatrix).statistics
        tensors = tensor_errors(
            job.master, importance, names=names, quant_types=job.quant_types, sink=sink
        )
        bench = Workbench(
            session=session,
            text=job.text,
            options=job.divergence,
            folder=job.folder,
            sink=sink,
        )
        limits = SearchLimits(
            tensor_bytes=budget.file_bytes - other_bytes,
            speed=_speed(job, budget, tensors=tensors, bench=bench, sink=sink),
        )
        found = search_mix(
            tensors, limits, measure=bench.divergences, options=job.search, sink=sink
        )
    types = found.best.types
    n_bytes = {each.name: each.n_bytes[types[each.name]] for each in tensors}
    return Mixed(
        file_type=file_type_of(types, n_bytes=n_bytes),
        overrides=overrides_of(types),
        found=found,
        seconds_per_weight=None if limits.speed is None else dict(limits.speed.seconds_per_weight),
    )


def _quantisable(session: Session) -> tuple[list[str], int]:
    """Return the tensors that can be quantised, and the bytes of the file without them.

    Raises:
        KdedgeError: There are none.
    """
    file_type = file_type_called("Q8_0")
    plan = plan_of(session.plan(file_type), header=session.header, file_type=file_type)
    rows = [row for row in plan.rows if row.to_type == "Q8_0"]
    if not rows:
        raise KdedgeError(
            f"{session.source.name} has no tensor that can be quantised.",
            hint="Its rows are no multiple of 32 numbers: keep it as it is.",
        )
    padding = _ALIGNMENT * len(rows)
    others = plan.file_bytes - sum(row.n_bytes for row in rows)
    return [row.tensor for row in rows], others + padding + _LINEAGE_BYTES


def _speed(
    job: MixJob,
    budget: MixBudget,
    *,
    tensors: Sequence[TensorErrors],
    bench: Workbench,
    sink: Sink,
) -> Speed | None:
    timed = budget.decode_seconds
    if budget.most_seconds is None or timed is None:
        return None

    def decode_seconds(types: Types) -> float:
        return bench.decode_seconds(types, timed=timed)

    sink(Note(text="Timing each type on this machine."))
    return Speed(
        seconds_per_weight=seconds_per_weight(
            tensors, job.quant_types, decode_seconds=decode_seconds
        ),
        most_seconds=budget.most_seconds,
        decode_seconds=decode_seconds,
    )
