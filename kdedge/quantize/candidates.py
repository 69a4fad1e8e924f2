"""The files that could be made of a master, as ``choose_quantization`` wants them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Sink
from kdedge.core.files import temporary_folder
from kdedge.quantize.choice import Candidate
from kdedge.quantize.overrides import Override
from kdedge.quantize.plan import plan_quantization
from kdedge.quantize.quantize import Quantized, quantize_model
from kdedge.quantize.type_table import plan_table
from kdedge.quantize.types import MASTER_TYPES

_MOST_WITHIN_BUDGET = 4
"""Of types that fit a budget, only the largest are worth measuring."""
_LINEAGE_BYTES = 2048
"""At most, for what a file says of where it comes from, besides its overrides."""
_OVERRIDE_BYTES = 32
"""At most, for one of them, besides its pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A type and the exceptions from it."""

    name: str
    """What it is called among the candidates."""
    file_type: str
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """What all files of one choice are made from."""

    master: Path
    imatrix: Path | None
    requantize: bool
    folder: Path
    """Where files are tried: room for one of them is needed."""
    sink: Sink

    def candidate(self, recipe: Recipe) -> Candidate:
        """Return ``recipe`` as a candidate of the size it will have at most.

        Raises:
            KdedgeError: It cannot be made of the master.
        """
        plan = plan_quantization(
            self.master,
            file_type=recipe.file_type,
            overrides=recipe.overrides,
            imatrix=self.imatrix,
        )
        told = sum(len(each.pattern) + _OVERRIDE_BYTES for each in recipe.overrides)
        size = plan.file_bytes + _LINEAGE_BYTES + told
        made: Callable[[], AbstractContextManager[Path]] = partial(self._tried, recipe)
        return Candidate(name=recipe.name, file_bytes=size, made=made)

    def make(self, recipe: Recipe, target: Path) -> Quantized:
        """Write the file of ``recipe`` to ``target``.

        Raises:
            KdedgeError: It cannot be made.
        """
        return quantize_model(
            self.master,
            target,
            file_type=recipe.file_type,
            overrides=recipe.overrides,
            imatrix=self.imatrix,
            requantize=self.requantize,
            sink=self.sink,
        )

    @contextmanager
    def _tried(self, recipe: Recipe) -> Iterator[Path]:
        with temporary_folder(self.folder, prefix=".kdedge-candidate-") as folder:
            path = folder / f"{recipe.name}.gguf"
            self.make(recipe, path)
            yield path


def worthwhile_types(
    master: Path, *, imatrix: Path | None, max_bytes: int | None, most_exact_only: bool
) -> tuple[str, ...]:
    """Return the types that are worth trying.

    Args:
        master: What they are made from.
        imatrix: Activation statistics, if there are some.
        max_bytes: Larger ones are left out.
        most_exact_only: Nothing but exactness counts: of those that fit, only the largest few
            come into question.

    Raises:
        KdedgeError: The master cannot be quantised, or no type is small enough.
    """
    rows = [
        row
        for row in plan_table(master, imatrix=imatrix)
        if row.hidden is None
        and row.file_type not in MASTER_TYPES
        and (imatrix is not None or not row.needs_imatrix)
    ]
    fitting = [
        row for row in rows if max_bytes is None or row.file_bytes + _LINEAGE_BYTES <= max_bytes
    ]
    if not fitting:
        smallest = min((row.file_bytes for row in rows), default=0) / 1024**2
        raise KdedgeError(
            f"No type is small enough; the smallest makes {smallest:.1f} MiB.",
            hint="Raise --budget, or give an --imatrix: the smallest types need one.",
        )
    ordered = sorted(fitting, key=lambda row: row.file_bytes, reverse=True)
    chosen: Sequence[str] = [row.file_type for row in ordered]
    return tuple(chosen[:_MOST_WITHIN_BUDGET] if most_exact_only else chosen)
