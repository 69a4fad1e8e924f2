"""Names of models where there is little room; the whole name is always a tool tip away."""

from collections.abc import Sequence

_MOST = 24
_LEAST_LEFT_OUT = 3
"""Leaving out less than this only makes a name harder to read."""


def short_labels(labels: Sequence[str], *, most: int = _MOST) -> dict[str, str]:
    """Return each label with its middle left out where it is long; no two become the same.

    Args:
        labels: All different.
        most: Letters to keep, and more where that is needed to tell them apart.
    """
    for n_letters in range(most, max(map(len, labels), default=most) + 1):
        shortened = [_shortened(label, n_letters) for label in labels]
        if len(set(shortened)) == len(labels):
            return dict(zip(labels, shortened, strict=True))
    return {label: label for label in labels}


def _shortened(label: str, most: int) -> str:
    """Keep both ends: families share their beginnings, quantisations stand at the end."""
    if len(label) <= most + _LEAST_LEFT_OUT:
        return label
    tail = most // 2
    return f"{label[: most - tail - 1].rstrip()}…{label[-tail:].lstrip()}"
