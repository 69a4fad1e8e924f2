"""How many rows a decode step has, so that a row's bytes do not depend on the other rows.

One row alone takes other kernels than several, for every type. For types with K-quants, ggml
rounds the activations of whole groups of four rows with another routine than those of the rows
left over; the two differ once in a while, which is enough to change a completion. Steps of such a
file are filled up to whole groups. Measured in ``docs/performance.md``.
"""

from dataclasses import dataclass

_PLAIN_FILE_TYPES = {0, 1, 2, 3, 7}
"""F32, F16, Q4_0, Q4_1 and Q8_0 in ``enum llama_ftype``: seen to need no groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPadding:
    """The rule for one file."""

    least: int
    multiple: int

    def rows(self, n_sequences: int) -> int:
        """Return the rows of a step that decodes ``n_sequences`` tokens."""
        whole = -(-n_sequences // self.multiple) * self.multiple
        return max(self.least, whole)


def row_padding(file_type: str | None) -> RowPadding:
    """Return the rule for a file whose ``general.file_type`` is ``file_type``."""
    if file_type is not None and file_type.isdigit() and int(file_type) in _PLAIN_FILE_TYPES:
        return RowPadding(least=2, multiple=1)
    return RowPadding(least=8, multiple=4)
