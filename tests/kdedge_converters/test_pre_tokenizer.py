from typing import Any

import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.pre_tokenizer import canonical, pre_tokenizer_name
from tests.tiny_tokenizers import BYTES, DIGITS, ONE_DIGIT, THREE_DIGITS, WORDS, split, steps


def name(structure: Any, *, whole: bool = False, either: bool = True, cleans: bool = False) -> str:
    return pre_tokenizer_name(
        structure, takes_whole_words=whole, either_way=either, cleans_up_spaces=cleans
    )


def test_one_step_and_a_sequence_of_one_step_are_the_same() -> None:
    assert name(WORDS) == name(steps(WORDS)) == "gpt-2"


def test_digits_by_name_and_by_expression_are_the_same() -> None:
    assert name(steps(DIGITS, WORDS)) == name(steps(split(r"\p{N}"), WORDS)) == "smollm"


def test_cleaned_spaces_decide_between_names_for_the_same_words() -> None:
    assert name(steps(DIGITS, WORDS), cleans=True) == "starcoder"
    assert name(steps(split(ONE_DIGIT), BYTES), cleans=True) == "qwen2"


def test_what_lies_between_may_be_removed_or_the_words_kept() -> None:
    assert name(steps(split(ONE_DIGIT, removed=True), BYTES)) == "stablelm2"
    assert name(steps(split(ONE_DIGIT), BYTES)) == "qwen2"


def test_whole_words_decide_between_two_names() -> None:
    three = steps(split(THREE_DIGITS), BYTES)
    assert name(three, whole=True, either=False) == "llama-bpe"
    assert name(three, whole=False, either=False) == "dbrx"


def test_whole_words_that_llama_cpp_would_merge_are_refused_where_it_matters() -> None:
    one = steps(split(ONE_DIGIT), BYTES)
    assert name(one, whole=True, either=True) == "qwen2"
    with pytest.raises(ConversionError, match="ignore_merges is True"):
        name(one, whole=True, either=False)


@pytest.mark.parametrize(
    "other",
    [
        ONE_DIGIT.replace(r"\r\n", "\r\n"),
        ONE_DIGIT.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"),
        ONE_DIGIT.replace(r"\p{N}|", r"\p{N}{1}|"),
        ONE_DIGIT.replace(r"[^\r\n\p{L}\p{N}]?", r"[^\r\n\p{L}\p{N}]?+").replace(r"\p{N}]+[", r"\p{N}]++["),
    ],
)  # fmt: skip
def test_spellings_of_one_expression_are_the_same(other: str) -> None:
    assert other != ONE_DIGIT
    assert canonical(other) == canonical(ONE_DIGIT)


@pytest.mark.parametrize(
    "structure",
    [
        None,
        {},
        {"type": "Whitespace"},
        {"type": "Sequence", "pretokenizers": None},
        {"type": "Sequence", "pretokenizers": ["ByteLevel"]},
        {"type": "Split"},
        {"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated", "invert": False},
        split(ONE_DIGIT) | {"behavior": "MergedWithNext"},
        split(ONE_DIGIT) | {"behavior": []},
        split(ONE_DIGIT) | {"invert": True},
        WORDS | {"add_prefix_space": True},
        DIGITS | {"individual_digits": False},
        steps(WORDS, DIGITS),
        steps(split(ONE_DIGIT + "|x"), BYTES),
        steps(),
    ],
)
def test_what_llama_cpp_does_not_know_is_refused(structure: Any) -> None:
    with pytest.raises(ConversionError, match=r"cannot be told to llama\.cpp"):
        name(structure)


def test_a_refusal_shows_the_expression() -> None:
    with pytest.raises(ConversionError, match=r"\[0-9\]\{7\}"):
        name(steps(split("[0-9]{7}"), BYTES))
