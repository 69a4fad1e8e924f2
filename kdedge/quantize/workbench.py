"""Mixes as real files, measured: written beside the target, compared with the master, removed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdedge.core.events import Event, Progress, Sink, ignore
from kdedge.core.files import temporary_folder
from kdedge.core.machine import machine_facts
from kdedge.quantize.divergence import DivergenceOptions, measure_divergences
from kdedge.quantize.mix import overrides_of
from kdedge.quantize.overrides import Override
from kdedge.quantize.probing import Types
from kdedge.quantize.session import Session
from kdedge.quantize.types import file_type_called

_MOST_AT_ONCE = 8
_PART_OF_MEMORY = 0.6
"""Files that are measured together are in memory together, and the master is run once for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Makes files of one master and measures them."""

    session: Session
    text: str
    """What they are compared on."""
    options: DivergenceOptions
    folder: Path
    """Where temporary files go: room for a few of the master's size is needed."""
    sink: Sink = ignore

    def divergences(self, mixes: Sequence[Types]) -> list[float]:
        """Return the mean KL of a file of each of ``mixes`` from the master.

        Raises:
            KdedgeError: There is no room, or a model cannot be run.
        """
        room_bytes = int(_PART_OF_MEMORY * machine_facts().memory_available_bytes)
        at_once = max(1, min(_MOST_AT_ONCE, room_bytes // self.session.header.file_bytes - 1))
        found: list[float] = []
        for first in range(0, len(mixes), at_once):
            found += self._some(mixes[first : first + at_once])
        return found

    def decode_seconds(self, mix: Types, *, timed: Callable[[Path], float]) -> float:
        """Return what ``timed`` says of a file of ``mix``.

        Raises:
            KdedgeError: There is no room, or the file cannot be timed.
        """
        with temporary_folder(self.folder, prefix=".kdedge-mix-") as folder:
            path = folder / "mix.gguf"
            self.write(mix, path)
            return timed(path)

    def write(self, mix: Types, path: Path) -> None:
        """Write a file of ``mix`` to ``path``; tensors that are not in it stay as they are.

        Raises:
            KdedgeError: llama.cpp failed.
        """
        overrides = list(overrides_of(mix))
        file_type = file_type_called("Q8_0")
        rest = [
            each.name
            for each in self.session.plan(file_type)
            if each.to_type != each.from_type and each.name not in mix
        ]
        if rest:
            exact = self.session.header.file_type
            overrides += [Override(pattern=".*", quant_type=exact)]
        self.session.write(
            path, file_type=file_type, overrides=overrides, key_values={}, sink=ignore
        )

    def _some(self, mixes: Sequence[Types]) -> list[float]:
        with temporary_folder(self.folder, prefix=".kdedge-mix-") as folder:
            paths = [folder / f"{number}.gguf" for number in range(len(mixes))]
            for mix, path in zip(mixes, paths, strict=True):
                self.write(mix, path)
            found = measure_divergences(
                self.session.source, paths, self.text, options=self.options, sink=self._pass_notes
            )
        return [each.mean_kl for each in found]

    def _pass_notes(self, event: Event) -> None:
        if not isinstance(event, Progress):  # the probes' own progress is told elsewhere
            self.sink(event)
