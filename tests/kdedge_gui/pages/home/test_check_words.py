import copy
from typing import Any

import pytest

from kdedge_gui.pages.home.check_words import check_result, check_spec, is_check_document
from kdedge_gui.shots.scene import RECORDED, Recorded


@pytest.fixture
def document(qapp: object) -> dict[str, Any]:
    return copy.deepcopy(Recorded(RECORDED / "home").documents("profile")[0])


def test_every_measured_number_has_its_interval(document: dict[str, Any]) -> None:
    numbers = {number.title: number for number in check_result(document).numbers}
    assert set(numbers) == {"Decode", "First token", "Prefill", "Memory", "pass@1"}
    for title in ("Decode", "First token", "Prefill", "pass@1"):
        assert "–" in numbers[title].interval


def test_the_sentence_says_speed_wait_and_problems_solved(document: dict[str, Any]) -> None:
    document["latency"]["decode_tokens_per_s"]["median"] = 21.9
    document["pass_at_k"]["1"] |= {"value": 0.05}
    sentence = check_result(document).sentence
    assert "21.9\u00a0tokens/s" in sentence
    assert "2 of 40 problems" in sentence


@pytest.mark.parametrize(
    ("verdict", "trust"), [("clean", "good"), ("suspect", "warning"), ("unusable", "bad")]
)
def test_a_disturbed_machine_is_said_with_the_first_reason(
    document: dict[str, Any], verdict: str, trust: str
) -> None:
    document["noise"] = {"verdict": verdict, "reasons": ["other programs ran", "it was hot"]}
    result = check_result(document)
    assert result.trust == trust
    assert ("Other programs ran." in result.trust_text) == (verdict != "clean")
    assert "It was hot." in result.trust_reasons


def test_a_profile_without_a_suite_has_no_word_on_problems(document: dict[str, Any]) -> None:
    document |= {"pass_at_k": None}
    del document["evaluation"]
    result = check_result(document)
    assert "problems" not in result.sentence
    assert "pass@1" not in {number.title for number in result.numbers}


def test_a_profile_of_the_engine_alone_is_no_check(document: dict[str, Any]) -> None:
    assert is_check_document(document)
    document["latency"]["decode_tokens_per_s"] = None
    assert not is_check_document(document)
    assert not is_check_document(None)


def test_the_command_of_the_check_is_what_a_user_types(qapp: object) -> None:
    words = check_spec().words()
    assert words == ["kdedge", "profile", "starter", "--quick", "--suite", "humaneval-mini"]
