"""One source file, its imatrix and the child process that quantises it, opened together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Sink
from kdedge.models.header import Header, read_header
from kdedge.quantize.imatrix_input import CheckedImatrix, imatrix_for
from kdedge.quantize.lineage import KeyValues
from kdedge.quantize.overrides import Override, check_effects, check_matches, check_override
from kdedge.quantize.types import QUANT_TYPE_NUMBERS, FileType
from kdedge.runtime.quantizer_client import PlannedType, QuantizeOrder, QuantizerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Plans as often as asked, each in milliseconds, and writes."""

    source: Path
    header: Header
    imatrix: CheckedImatrix | None
    child: QuantizerClient

    def plan(
        self, file_type: FileType, *, overrides: Sequence[Override] = ()
    ) -> tuple[PlannedType, ...]:
        """Return the type each tensor would get.

        Raises:
            KdedgeError: An override does not fit the model, or llama.cpp refuses.
        """
        for override in overrides:
            check_override(override)
        names = [tensor.name for tensor in self.header.tensors]
        check_matches(overrides, names=names, file_type=file_type)
        planned = self.child.plan(self._order(file_type, overrides, {}))
        if {tensor.name for tensor in planned} != set(names):
            raise KdedgeError(
                f"llama.cpp's plan for {self.source.name} could not be read.",
                hint="This version of llama-cpp-python is not known to kdedge: install 0.3.36.",
            )
        check_effects(overrides, planned)
        return planned

    def write(
        self,
        target: Path,
        *,
        file_type: FileType,
        overrides: Sequence[Override],
        key_values: KeyValues,
        sink: Sink,
    ) -> None:
        """Write the quantised file in place at ``target``, with ``key_values`` in it.

        Raises:
            KdedgeError: llama.cpp failed, or the process died; then no GGUF file is there.
        """
        order = self._order(file_type, overrides, key_values)
        self.child.write(order, target, phase=f"to {file_type.name}", sink=sink)

    def _order(
        self, file_type: FileType, overrides: Sequence[Override], key_values: KeyValues
    ) -> QuantizeOrder:
        return QuantizeOrder(
            source=self.source,
            file_type=file_type.number,
            requantize=True,  # whether that is wanted has been asked before
            overrides=[(each.pattern, QUANT_TYPE_NUMBERS[each.quant_type]) for each in overrides],
            key_values=key_values,
            imatrix=None if self.imatrix is None else self.imatrix.raw,
        )


@contextmanager
def open_session(source: Path, *, imatrix: Path | None) -> Iterator[Session]:
    """Give the session of one source; the child and the temporary imatrix end with it.

    Yields:
        The session.

    Raises:
        KdedgeError: The source cannot be quantised, or the imatrix is not one of this model.
    """
    header = readable_header(source)
    with imatrix_for(imatrix, header=header) as checked, QuantizerClient(source) as child:
        yield Session(source=source, header=header, imatrix=checked, child=child)


def readable_header(source: Path) -> Header:
    """Return the header of a file that can be quantised.

    Raises:
        KdedgeError: It is no GGUF file, it is one part of several, or it holds no weights.
    """
    header = read_header(source)
    if header.n_files > 1:
        raise KdedgeError(
            f"{source.name} is one of {header.n_files} parts of a model.",
            hint="Join them first with llama.cpp's `llama-gguf-split --merge`.",
        )
    if not header.tensors:
        raise KdedgeError(f"{source.name} holds no weights.", hint="Name the model's own file.")
    return header
