"""Two streams of rows, cut at the same places."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray


def side_by_side(
    first: "Iterable[NDArray[np.float32]]", second: "Iterable[NDArray[np.float32]]"
) -> "Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]":
    """Give the rows of both in pairs of pieces of equal length, copying nothing.

    Yields:
        Pairs; valid until the next one is asked for.

    Raises:
        ValueError: One stream has more rows.
    """
    ones, others = iter(first), iter(second)
    one, other = next(ones, None), next(others, None)
    while one is not None and other is not None:
        n_rows = min(len(one), len(other))
        yield one[:n_rows], other[:n_rows]
        one, other = one[n_rows:], other[n_rows:]
        one = one if len(one) else next(ones, None)
        other = other if len(other) else next(others, None)
    if one is not None or other is not None:
        raise ValueError("one stream has more rows than the other")
