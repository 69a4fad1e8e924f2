import copy
from typing import Any

import pytest

from kdedge_gui.pages.models.measured import measured_memory
from kdedge_gui.shots.scene import RECORDED, Recorded


@pytest.fixture
def document(qapp: object) -> dict[str, Any]:
    return copy.deepcopy(Recorded(RECORDED / "models").documents("profile")[0])


def test_each_kind_of_memory_is_told_predicted_and_measured(document: dict[str, Any]) -> None:
    document["memory"] |= {"anon_bytes": 100 * 2**20}
    document["memory"]["predicted"] |= {"anon_bytes": 110 * 2**20}
    measured = measured_memory(document)
    assert measured is not None
    own = measured.rows[0]
    assert (own.predicted, own.measured) == ("110\u00a0MiB", "100\u00a0MiB")
    assert own.difference == "+10.0\u202f%"
    assert [row.title for row in measured.rows] == [
        "Its own memory", "KV cache", "Weights in memory",
    ]  # fmt: skip


def test_a_forecast_that_was_right_differs_by_nothing(document: dict[str, Any]) -> None:
    document["memory"] |= {"weights_resident_bytes": 10_000_001}
    document["memory"]["predicted"] |= {"weights_bytes": 10_000_000}
    measured = measured_memory(document)
    assert measured is not None
    assert measured.rows[-1].difference == "0.0\u202f%"


def test_what_the_system_did_not_tell_is_left_out(document: dict[str, Any]) -> None:
    document["memory"] |= {"anon_bytes": None, "weights_resident_bytes": None}
    measured = measured_memory(document)
    assert measured is not None
    assert [row.title for row in measured.rows] == ["KV cache"]


@pytest.mark.parametrize("other", [None, {}, {"memory": None}, {"memory": {}}])
def test_a_document_without_memory_measured_none(qapp: object, other: dict[str, Any]) -> None:
    assert measured_memory(other) is None
