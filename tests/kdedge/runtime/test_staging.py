"""How a prompt is cut into the pieces that are prefilled between two decode steps."""

from hypothesis import given
from hypothesis import strategies as st

from kdedge.runtime.staging import _cuts


@given(st.integers(0, 700), st.integers(0, 1500), st.integers(2, 256))
def test_pieces_cover_the_prompt_and_the_last_is_never_one_token_of_many(
    start: int, length: int, most: int
) -> None:
    cuts = list(_cuts(start, start + length, most=most))
    sizes = [b - a for a, b in zip([start, *cuts], cuts, strict=False)]
    assert sum(sizes) == length
    assert all(0 < size <= most for size in sizes)
    if length > 1 and most > 2:
        assert sizes[-1] > 1
