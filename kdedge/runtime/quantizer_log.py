"""What llama.cpp's quantiser says while it works, read as facts: it has no other way to tell.

A dry run prints one line a tensor with the type it would get, and a warning for each that falls
back to another type because its rows do not fit; a real run prints the tensor it is at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TENSOR = re.compile(r"\[ *(\d+)/ *(\d+)\] (.+?) +- \[([ \d,]+)\], type = +(\w+), ")
_NEW_TYPE = re.compile(r" MiB -> .* MiB \((\w+)\)$")
_FALLBACK = re.compile(r"warning: (.+?) +- ncols .* falling back to +\w+$")
_COMPLAINT = re.compile(r"failed to quantize: (.*)")
_KEPT_LINES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorLine:
    """One tensor as a dry run tells of it."""

    name: str
    shape: tuple[int, ...]
    """The length of a row first; always four numbers."""
    from_type: str
    to_type: str


class QuantizerLog:
    """Takes the log piece by piece and keeps what it tells."""

    def __init__(self, on_tensor: Callable[[int, int, str], None]) -> None:
        """Start with nothing.

        Args:
            on_tensor: Called when a tensor's turn begins: its number from 1, how many, its name.
        """
        self.tensors: list[TensorLine] = []
        self.fallbacks: set[str] = set()
        """Names of the tensors whose rows do not fit the type they should get."""
        self.complaint = ""
        """Why the quantiser gave up, in its own words."""
        self._on_tensor = on_tensor
        self._line = ""
        self._lines: list[str] = []

    def feed(self, text: str) -> None:
        """Take the next piece of the log; a line may come in several."""
        found = _TENSOR.match(text)
        if found:
            self._on_tensor(int(found[1]), int(found[2]), found[3])
        self._line += text
        while "\n" in self._line:
            line, _, self._line = self._line.partition("\n")
            self._take(line)

    def last_words(self) -> str:
        """Return the last lines, oldest first."""
        return "\n".join([*self._lines, self._line])

    def _take(self, line: str) -> None:
        self._lines = [*self._lines[1 - _KEPT_LINES :], line]
        if found := _COMPLAINT.search(line):  # may come in the middle of a tensor's line
            self.complaint = found[1]
        elif found := _TENSOR.match(line):
            new_type = _NEW_TYPE.search(line)
            self.tensors.append(
                TensorLine(
                    name=found[3],
                    shape=tuple(int(length) for length in found[4].split(",")),
                    from_type=found[5].upper(),
                    to_type=(new_type[1] if new_type else found[5]).upper(),
                )
            )
        elif found := _FALLBACK.match(line):
            self.fallbacks.add(found[1])
