"""The parent's side of the quantising process (``quantizer``)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Progress, Sink, ignore
from kdedge.runtime.child_process import ChildProcess

PROTOCOL = 1
MAX_TEXT_BYTES = 127
"""llama.cpp writes no longer text as a key-value of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawImatrix:
    """Activation statistics as the child reads them."""

    path: Path
    """float32 numbers of this machine's byte order, one tensor after another."""
    entries: tuple[tuple[str, int, int], ...]
    """Tensor name, index of its first number, how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOrder:
    """One call of llama.cpp's quantiser."""

    source: Path
    file_type: int
    """llama.cpp's number of the mix (``enum llama_ftype``)."""
    requantize: bool = False
    """Take tensors that are quantised already."""
    overrides: Sequence[tuple[str, int]] = ()
    """A pattern searched in tensor names (the first that matches counts), ggml's type number."""
    key_values: Mapping[str, str | int] = field(default_factory=dict)
    """Written into the file; texts of at most ``MAX_TEXT_BYTES``, counts as 32 bits."""
    imatrix: RawImatrix | None = None
    n_threads: int = 0
    """0 takes one for each CPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedType:
    """What a dry run says of one tensor."""

    name: str
    shape: tuple[int, ...]
    """The length of a row first; always four numbers."""
    from_type: str
    to_type: str
    fallback: bool
    """Its rows do not fit the type the mix or an override has for it."""


class QuantizerClient(ChildProcess):
    """One quantising process; a context manager that never leaves it behind."""

    def __init__(self, source: Path) -> None:
        """Start the process.

        Args:
            source: What it will read, for error messages.

        Raises:
            KdedgeError: It does not come up.
        """
        self._source = source
        super().__init__(
            "kdedge.runtime.quantizer",
            name=f"The process that quantises {source.name}",
            protocol=PROTOCOL,
            environment={},
        )

    def plan(self, order: QuantizeOrder) -> tuple[PlannedType, ...]:
        """Return the type each tensor would get, in the file's order; nothing is written.

        Raises:
            KdedgeError: llama.cpp refuses the order or the file, or the process died.
        """
        answer = self._ask(order, target=None, phase="", sink=ignore)
        fallbacks = set(answer["fallbacks"])
        return tuple(
            PlannedType(
                name=each["name"],
                shape=tuple(each["shape"]),
                from_type=each["from_type"],
                to_type=each["to_type"],
                fallback=each["name"] in fallbacks,
            )
            for each in answer["tensors"]
        )

    def write(self, order: QuantizeOrder, target: Path, *, phase: str, sink: Sink) -> None:
        """Write the quantised file; what lies at ``target`` after an error is no GGUF file.

        Args:
            order: What to do.
            target: Written in place: give a temporary path.
            phase: What the progress is called.
            sink: Told of each tensor.

        Raises:
            KdedgeError: llama.cpp failed, or the process died.
        """
        self._ask(order, target=target, phase=phase, sink=sink)

    def _ask(
        self, order: QuantizeOrder, *, target: Path | None, phase: str, sink: Sink
    ) -> dict[str, Any]:
        self.send(_message(order, target))
        while (answer := self.read())["op"] == "tensor":
            sink(
                Progress(
                    phase=phase,
                    done=answer["number"],
                    total=answer["total"],
                    unit="tensors",
                    detail=answer["name"],
                )
            )
        if answer["op"] == "failed":
            raise _explained(answer["why"], source=self._source, detail=answer["detail"])
        return answer


def _message(order: QuantizeOrder, target: Path | None) -> dict[str, Any]:
    imatrix = order.imatrix
    return {
        "source": str(order.source),
        "target": None if target is None else str(target),
        "file_type": order.file_type,
        "requantize": order.requantize,
        "n_threads": order.n_threads,
        "overrides": list(order.overrides),
        "key_values": dict(order.key_values),
        "imatrix": imatrix and {"path": str(imatrix.path), "entries": imatrix.entries},
    }


def _explained(why: str, *, source: Path, detail: str) -> KdedgeError:
    """Return what llama.cpp's reason means for the user."""
    for sign, problem, hint in _REASONS:
        if sign in why:
            return KdedgeError(problem.format(name=source.name), hint=hint, detail=detail)
    reason = why.strip() or "it gave no reason"
    return KdedgeError(
        f"llama.cpp could not quantise {source.name}: {reason}.",
        hint="Check the file with `kdedge models show`; --debug shows llama.cpp's words.",
        detail=detail,
    )


_REASONS = (
    (
        "iostream error",
        "The result could not be written: the disk is full, or a limit on file sizes was met.",
        "Free some space, or choose another folder, and try again.",
    ),
    (
        "invalid data",
        "{name} holds numbers that are not finite (NaN or infinity).",
        "The file is damaged or its training diverged: make it again from its checkpoint.",
    ),
    (
        "validation failed",
        "{name} holds numbers that this type cannot store.",
        "Choose another type, BF16 for the widest range.",
    ),
    (
        "unknown model architecture",
        "llama.cpp does not know the architecture of {name}.",
        "A newer llama-cpp-python may know it.",
    ),
)
"""Signs in llama.cpp's reason, and the sentence and hint for each."""
