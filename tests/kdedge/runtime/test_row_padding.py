"""How many rows a decode step has."""

import pytest

from kdedge.runtime.row_padding import row_padding

Q4_0, Q4_K_M = "2", "15"


@pytest.mark.parametrize(("n_sequences", "rows"), [(1, 2), (2, 2), (3, 3), (16, 16), (17, 17)])
def test_a_plain_type_only_never_decodes_one_row_alone(n_sequences: int, rows: int) -> None:
    assert row_padding(Q4_0).rows(n_sequences) == rows


@pytest.mark.parametrize(("n_sequences", "rows"), [(1, 8), (8, 8), (9, 12), (16, 16), (17, 20)])
def test_k_quants_are_decoded_in_whole_groups_of_four(n_sequences: int, rows: int) -> None:
    assert row_padding(Q4_K_M).rows(n_sequences) == rows


@pytest.mark.parametrize("file_type", [None, "", "words", "999"])
def test_an_unknown_type_gets_the_careful_rule(file_type: str | None) -> None:
    assert row_padding(file_type) == row_padding(Q4_K_M)
