import pytest

from kdedge.report.reading import Quantity
from kdedge.report.units import (
    bytes_text,
    figures,
    listed,
    p_text,
    percent_with_interval,
    points,
    seconds_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (8.129, "8.13"),
        (9.996, "10.0"),
        (42.34, "42.3"),
        (99.96, "100"),
        (1234.5, "1,234"),
    ],
)
def test_three_figures_are_shown(value: float, text: str) -> None:
    assert figures(value) == text


def test_sizes_are_in_mib_until_they_are_too_long() -> None:
    assert bytes_text(1.5 * 1024**2) == "1.5 MiB"
    assert bytes_text(92 * 1024**2) == "92 MiB"
    assert bytes_text(24 * 1024**3) == "24.0 GiB"


def test_durations_are_in_the_unit_that_suits_them() -> None:
    assert seconds_text(0.0071) == "7.10 ms"
    assert seconds_text(1.585) == "1.58 s"
    assert seconds_text(300) == "5.0 min"


def test_a_share_has_its_interval_in_percent() -> None:
    assert percent_with_interval(Quantity(value=0.05, low=0.02, high=0.165)) == "5.0 % [2.0, 16.5]"
    assert percent_with_interval(Quantity(value=0.05)) == "5.0 %"
    assert percent_with_interval(Quantity(value=None)) == "\N{EN DASH}"


def test_a_difference_always_has_its_sign() -> None:
    assert points(0.025) == "+2.5"
    assert points(-0.025) == "\N{MINUS SIGN}2.5"


def test_a_p_value_close_to_the_limit_is_told_apart_from_it() -> None:
    assert p_text(0.0496) == "p = 0.050"
    assert p_text(0.00001) == "p < 0.001"


def test_words_are_listed_as_people_do() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
