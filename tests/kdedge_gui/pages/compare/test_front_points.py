import pytest

from kdedge.report.front_axes import AXES
from kdedge_gui.pages.compare.front_points import (
    FrontPicture,
    axes_measured,
    axes_missing,
    axis_looks,
    picture_of,
)
from tests.kdedge.report import examples
from tests.kdedge_gui.pages.compare.cases import findings

LOOKS = {look.name: look for look in axis_looks()}


def _picture(x: str, y: str) -> FrontPicture:
    return picture_of(findings().comparison.rows, x=LOOKS[x], y=LOOKS[y])


def test_every_axis_of_the_library_can_be_drawn() -> None:
    assert set(LOOKS) == {axis.name for axis in AXES}


def test_points_have_the_intervals_of_their_runs() -> None:
    points = {point.label: point for point in _picture("decode", "pass@1").points}
    assert set(points) == {"Q8_0", "Q4_0", "Q4_1"}
    best = points["Q8_0"]
    assert (best.x, best.y) == (140, 12.5)
    assert (best.x_low, best.x_high) == pytest.approx((138.6, 141.4))
    assert best.y_low is not None


def test_bytes_are_drawn_in_mebibytes_and_axes_name_their_units() -> None:
    picture = _picture("size", "decode")
    points = {point.label: point for point in picture.points}
    assert points["Q4_0"].x == pytest.approx(91.7e6 / 1024**2)
    assert picture.x_label.startswith("File size, MiB")
    assert picture.y_label.startswith("Decode speed, tokens/s")


@pytest.mark.parametrize(
    ("x", "y", "x_end", "y_end"),
    [
        ("decode", "pass@1", "right is better", "up is better"),
        ("ttft", "memory", "left is better", "down is better"),
    ],
)
def test_the_better_direction_is_marked(x: str, y: str, x_end: str, y_end: str) -> None:
    picture = _picture(x, y)
    assert x_end in picture.x_label
    assert y_end in picture.y_label


def test_the_front_is_the_librarys_and_steps_where_both_reach() -> None:
    picture = _picture("decode", "pass@1")
    assert picture.sentence.endswith("Q8_0, Q4_0.")
    assert picture.front == ((140, 12.5), (140, 5), (163, 5))


def test_where_less_is_better_the_steps_turn_the_other_way() -> None:
    (first, corner, last) = _picture("size", "pass@1").front[:3]
    assert corner == (max(first[0], last[0]), min(first[1], last[1]))


def test_one_that_is_best_on_both_axes_needs_no_line() -> None:
    assert _picture("size", "decode").front == ()


def test_axes_that_were_not_measured_are_not_offered_and_the_reason_is_told() -> None:
    rows = findings().comparison.rows
    assert "energy" not in {look.name for look in axes_measured(rows)}
    (told,) = axes_missing(rows)
    assert told == "Energy cannot be chosen: this machine has no readable energy counter."


def test_evaluations_alone_have_no_speed_to_show() -> None:
    rows = findings(examples.evaluation("Q8_0"), examples.evaluation("Q4_0")).comparison.rows
    assert {look.name for look in axes_measured(rows)} == {"pass@1", "size"}
