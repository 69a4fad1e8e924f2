from collections.abc import Iterator

import numpy as np
import pytest

from kdedge.convert.proof_pieces import side_by_side

ROWS = np.arange(20, dtype=np.float32).reshape(10, 2)


def cut(*lengths: int) -> Iterator[np.ndarray]:
    at = 0
    for length in lengths:
        yield ROWS[at : at + length]
        at += length


@pytest.mark.parametrize(
    ("ones", "others"), [((10,), (3, 3, 4)), ((4, 6), (5, 5)), ((1,) * 10, (10,)), ((), ())]
)
def test_both_streams_are_cut_at_the_same_rows(
    ones: tuple[int, ...], others: tuple[int, ...]
) -> None:
    pairs = list(side_by_side(cut(*ones), cut(*others)))
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert sum(len(one) for one, _ in pairs) == sum(ones)


def test_a_stream_with_more_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="more rows"):
        list(side_by_side(cut(4), cut(3)))
