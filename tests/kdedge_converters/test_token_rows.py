from typing import Any

import pytest
from gguf import TokenType

from kdedge_converters.errors import ConversionError
from kdedge_converters.token_rows import token_rows
from kdedge_converters.tokenizer_json import AddedToken, TokenizerFile


def added(number: int, content: str, **kinds: bool) -> AddedToken:
    plain = {"special": False, "normalized": False, "strips": False}
    return AddedToken(id=number, content=content, **{**plain, **kinds})


def tokenizer(tokens: dict[str, int], **fields: Any) -> TokenizerFile:
    plain: dict[str, Any] = {
        "merges": [], "added": [], "byte_fallback": False, "ignore_merges": False, "unknown": None,
        "normalizer": None, "pre_tokenizer": None, "post_processor": None,
    }  # fmt: skip
    return TokenizerFile(tokens=tokens, **{**plain, **fields})


def test_holes_and_missing_rows_become_unused_padding() -> None:
    rows = token_rows(tokenizer({"a": 0, "b": 3}), n_rows=5, sentencepiece=False)
    assert rows.texts == ["a", "[PAD1]", "[PAD2]", "b", "[PAD4]"]
    assert rows.types == [1, 5, 5, 1, 5]


@pytest.mark.parametrize(
    "content", ["<|im_end|>", "<\uff5cfim\u2581end\uff5c>", "<pad>", "<unused7>", "<mask>"]
)
def test_tokens_that_look_special_are_control_tokens(content: str) -> None:
    file = tokenizer({"a": 0}, added=[added(1, content)])
    rows = token_rows(file, n_rows=2, sentencepiece=False)
    assert (rows.texts[1], rows.types[1]) == (content, TokenType.CONTROL)


def test_other_added_tokens_are_the_users_unless_special() -> None:
    file = tokenizer({"a": 0}, added=[added(1, "<think>"), added(2, "<x>", special=True)])
    rows = token_rows(file, n_rows=3, sentencepiece=False)
    assert rows.types[1:] == [TokenType.USER_DEFINED, TokenType.CONTROL]


def test_an_added_token_inside_the_vocabulary_keeps_its_row() -> None:
    file = tokenizer({"a": 0, "<x>": 1, "b": 2}, added=[added(1, "<x>", special=True)])
    rows = token_rows(file, n_rows=3, sentencepiece=False)
    assert rows.texts == ["a", "<x>", "b"]
    assert rows.types == [1, 3, 1]


def test_pieces_have_sentencepieces_own_types_and_scores() -> None:
    tokens = {"<unk>": 0, "</s>": 1, "<0x00>": 2, "ab": 3, "abc": 4, "a": 5, "b": 6, "c": 7}
    file = tokenizer(
        tokens,
        merges=[("a", "b"), ("ab", "c")],
        added=[added(1, "</s>", special=True)],
        byte_fallback=True,
        unknown="<unk>",
    )
    rows = token_rows(file, n_rows=9, sentencepiece=True)
    assert rows.types == [2, 3, 6, 1, 1, 1, 1, 1, 5]
    assert rows.scores == [0, -1000, 0, 0, -1, -2, -3, -4, -10000]


def test_scores_follow_the_merges_where_ids_do_not() -> None:
    tokens = {"a": 0, "aaaa": 1, "aa": 2, "b": 3, "ab": 4}
    file = tokenizer(tokens, merges=[("a", "a"), ("a", "b"), ("aa", "aa")])
    rows = token_rows(file, n_rows=5, sentencepiece=True)
    order = sorted(("aa", "ab", "aaaa"), key=lambda token: -rows.scores[tokens[token]])
    assert order == ["aa", "ab", "aaaa"]


def test_a_token_for_the_space_mark_itself_stays_an_ordinary_piece() -> None:
    tokens = {"\u2581": 0, "\u2581\u2581": 1}
    merges = [("\u2581", "\u2581")]
    written = tokenizer(tokens, merges=merges, added=[added(1, "\u2581\u2581")])
    rows = token_rows(written, n_rows=2, sentencepiece=True)
    assert (rows.texts[1], rows.types[1]) == ("\u2581\u2581", TokenType.NORMAL)
    meant = tokenizer(tokens, merges=merges, added=[added(1, "\u2581\u2581", normalized=True)])
    rows = token_rows(meant, n_rows=2, sentencepiece=True)
    assert (rows.texts[1], rows.types[1]) == ("  ", TokenType.USER_DEFINED)


@pytest.mark.parametrize(
    "tokens",
    [
        {"a": 0, "[PAD1]": 2},
        {"a": 0, "[EMPTY_1]": 2, "": 1},
        {"a": 0, "a\0b": 1, "b": 2},
    ],
)
def test_texts_that_llama_cpp_would_take_for_one_are_refused(tokens: dict[str, int]) -> None:
    with pytest.raises(ConversionError, match="would have the same text"):
        token_rows(tokenizer(tokens), n_rows=3, sentencepiece=False)
