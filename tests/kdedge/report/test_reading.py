from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.report.reading import (
    NOT_MEASURED,
    Quantity,
    as_number,
    at,
    clean,
    count_at,
    mapping_at,
    quantity_at,
    text_at,
    texts_at,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def test_a_way_that_ends_early_leads_to_nothing() -> None:
    assert at({"a": {"b": 1}}, "a", "b") == 1
    assert at({"a": 3}, "a", "b", "c") is None
    assert at(None, "a") is None


@pytest.mark.parametrize("value", [True, "1", None, [], float("nan"), float("inf"), 10**400])
def test_what_is_no_finite_number_is_no_number(value: Any) -> None:
    assert as_number(value) is None


def test_a_number_stands_alone_or_as_median_or_value_beside_its_interval() -> None:
    alone = quantity_at({"load_s": 2}, "load_s")
    median = quantity_at({"ttft_s": {"median": 2, "ci95": [1, 3]}}, "ttft_s")
    value = quantity_at({"1": {"value": 0.5, "ci95": [0.25, 0.75]}}, "1")
    assert (alone.value, alone.interval) == (2, None)
    assert (median.value, median.interval) == (2, (1, 3))
    assert (value.value, value.interval) == (0.5, (0.25, 0.75))


@pytest.mark.parametrize("ends", [None, [], [1], [1, 2, 3], [1, "2"], [None, None], "12", 12])
def test_what_is_no_interval_is_left_out(ends: Any) -> None:
    assert quantity_at({"x": {"value": 1, "ci95": ends}}, "x").interval is None


def test_a_missing_number_comes_with_the_reason_beside_it() -> None:
    energy = {
        "energy": {"status": "unavailable", "reason": "no counter", "joules_per_token": None}
    }
    assert quantity_at(energy, "energy", "joules_per_token").reason == "no counter"
    gaps = {"itl_s": {"p99": None, "p99_reason": "only 128 gaps"}}
    assert quantity_at(gaps, "itl_s", "p99").reason == "only 128 gaps"
    assert quantity_at({}, "latency", "load_s").reason == NOT_MEASURED


def test_escape_sequences_and_direction_marks_never_get_through() -> None:
    assert clean("a\x1b[31mred\x07 \u202eevil\x00\ud800") == "a�[31mred� �evil��"
    assert clean("two\nlines\tand tabs") == "two lines and tabs"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 1_000_000, longest=10) == "x" * 9 + "…"


def test_texts_come_from_a_list_or_from_one_text() -> None:
    assert texts_at({"notes": ["a", "", None, 3]}, "notes") == ("a", "3")
    assert texts_at({"notes": "a"}, "notes") == ("a",)
    assert texts_at({"notes": {"a": 1}}, "notes") == ()


@given(JSON)
def test_no_json_at_all_stops_the_reading(anything: Any) -> None:
    document = {"model": anything}
    for way in (("model",), ("model", "path")):
        assert isinstance(quantity_at(document, *way), Quantity)
        assert isinstance(text_at(document, *way), str)
        assert isinstance(texts_at(document, *way), tuple)
        assert isinstance(count_at(document, *way), int | None)
        assert isinstance(mapping_at(document, *way), Mapping)
