import pytest

from kdedge.core.errors import KdedgeError
from kdedge.report.front_axes import (
    AXES,
    DEFAULT_AXES,
    axes_named,
    front_sentence,
    measured_on,
    rows_on_front,
)
from tests.kdedge.report import examples
from tests.kdedge.report.reports import rows

THREE = rows(*examples.three_models())


def labels(*names: str) -> list[str]:
    return [row.label for row in rows_on_front(THREE, axes_named(names))]


def test_every_axis_has_a_good_end() -> None:
    assert {axis.better for axis in AXES} == {"higher", "lower"}
    assert all(axis.column.better for axis in AXES)


def test_the_front_of_speed_and_solved_problems_is_what_compare_names() -> None:
    assert [row.label for row in rows_on_front(THREE, DEFAULT_AXES)] == ["Q8_0", "Q4_0"]


def test_a_small_file_is_a_merit_of_its_own() -> None:
    assert labels("size", "pass@1") == ["Q8_0", "Q4_1", "Q4_0"]
    assert labels("size", "decode") == ["Q4_0"]


def test_rows_that_lack_a_number_take_no_part() -> None:
    some = rows(examples.profile("Q8_0"), examples.profile("Q4_0"), examples.evaluation("Q4_0"))
    assert [row.label for row in measured_on(some, DEFAULT_AXES)] == ["Q4_0"]
    assert [row.label for row in rows_on_front(some, DEFAULT_AXES)] == ["Q4_0"]
    assert front_sentence(some, DEFAULT_AXES) == ""


def test_the_sentence_names_what_was_weighed() -> None:
    told = front_sentence(THREE, axes_named(("ttft", "memory", "pass@1")))
    assert told == (
        "Beaten by no other in all of time to first token, memory and pass@1: Q4_1, Q8_0, Q4_0."
    )
    assert front_sentence(THREE, DEFAULT_AXES).endswith(
        "both decode speed and pass@1: Q8_0, Q4_0."
    )


@pytest.mark.parametrize("names", [("decode",), ("decode", "decode"), (), ("decode", "taste")])
def test_a_front_of_less_than_two_axes_or_of_an_unknown_one_is_refused(
    names: tuple[str, ...],
) -> None:
    with pytest.raises(KdedgeError) as caught:
        axes_named(names)
    assert "ttft" in caught.value.hint
