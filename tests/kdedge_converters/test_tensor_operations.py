import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge_converters.tensor_operations import ADD_ONE, KEEP, TRANSPOSE, PermuteHeads, Stack


def test_the_halves_of_each_head_are_interleaved() -> None:
    rows = np.arange(8).reshape(8, 1)
    moved = PermuteHeads(n_heads=2).apply([rows])
    assert moved[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


@given(n_heads=st.integers(1, 5), half=st.integers(1, 6), width=st.integers(0, 4))
def test_permuting_heads_moves_every_row_once_and_can_be_undone(
    n_heads: int, half: int, width: int
) -> None:
    shape = (n_heads * 2 * half, *([width] if width else []))
    rows = np.arange(np.prod(shape)).reshape(shape)
    permute = PermuteHeads(n_heads=n_heads)
    moved = permute.apply([rows])
    assert moved.shape == permute.shape(shape) == shape
    assert sorted(moved.reshape(-1)) == list(range(moved.size))
    assert np.array_equal(permute.undo(moved)[0], rows)


@given(n_heads=st.integers(1, 4), half=st.integers(1, 4))
def test_rows_never_leave_their_head(n_heads: int, half: int) -> None:
    heads = np.repeat(np.arange(n_heads), 2 * half)
    assert np.array_equal(PermuteHeads(n_heads=n_heads).apply([heads]), heads)


def test_a_rotation_of_neighbours_is_the_rotation_of_halves() -> None:
    """Scores of queries and keys stay the same when llama.cpp rotates the permuted ones."""
    generator = np.random.default_rng(0)
    hidden, head_dim, position = 6, 8, 3.0
    weights = generator.standard_normal((2, head_dim, hidden))
    angles = position * 10_000.0 ** (-np.arange(0, head_dim, 2) / head_dim)
    cos, sin = np.cos(angles), np.sin(angles)
    x = generator.standard_normal(hidden)

    def halves(vector: np.ndarray) -> np.ndarray:
        first, second = vector[: head_dim // 2], vector[head_dim // 2 :]
        return np.concatenate([first * cos - second * sin, second * cos + first * sin])

    def neighbours(vector: np.ndarray) -> np.ndarray:
        even, odd = vector[::2], vector[1::2]
        return np.stack([even * cos - odd * sin, odd * cos + even * sin], axis=1).reshape(-1)

    permute = PermuteHeads(n_heads=1)
    query, key = weights
    theirs = halves(query @ x) @ (key @ x)
    ours = neighbours(permute.apply([query]) @ x) @ (permute.apply([key]) @ x)
    assert ours == pytest.approx(theirs)


def test_rows_that_are_no_whole_heads_are_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="9 rows are no 2 heads"):
        PermuteHeads(n_heads=2).apply([np.zeros((9, 1))])


@pytest.mark.parametrize("dtype", [np.uint16, np.float16, np.float32])
def test_a_transposed_matrix_lies_in_rows_and_can_be_undone(dtype: type) -> None:
    matrix = np.arange(6).astype(dtype).reshape(2, 3)
    moved = TRANSPOSE.apply([matrix])
    assert moved.shape == TRANSPOSE.shape((2, 3)) == (3, 2)
    assert moved.flags.c_contiguous
    assert moved[2, 1] == matrix[1, 2]
    assert np.array_equal(TRANSPOSE.undo(moved)[0], matrix)


def test_a_stack_keeps_the_order_and_can_be_undone() -> None:
    norms = [np.full(4, head, np.uint16) for head in range(3)]
    stack = Stack(n_sources=3)
    stacked = stack.apply(norms)
    assert stacked.shape == stack.shape((4,)) == (3, 4)
    assert stacked[:, 0].tolist() == [0, 1, 2]
    assert all(np.array_equal(a, b) for a, b in zip(stack.undo(stacked), norms, strict=True))


def test_keeping_returns_the_very_same_array() -> None:
    array = np.zeros(3)
    assert KEEP.apply([array]) is array
    assert KEEP.undo(array) == (array,)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_one_is_added_in_the_type_the_numbers_have(dtype: type) -> None:
    weights = np.array([-1.0, 0.0, 0.5], dtype)
    total = ADD_ONE.apply(weights)
    assert total.dtype == dtype
    assert total.tolist() == [0.0, 1.0, 1.5]
    assert ADD_ONE.undo(total).tolist() == weights.tolist()
