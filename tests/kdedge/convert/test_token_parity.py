import json
from pathlib import Path

import pytest

from kdedge.convert.token_parity import compare_tokens, measure_token_parity
from kdedge.convert.token_texts import token_texts
from kdedge.core.errors import KdedgeError
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, Json, write_tokenizer
from tests.vocabulary_gguf import write_vocabulary

APPROXIMATED = {"phi4-mini", "tekken"}
"""llama.cpp's expressions for these leave out combining marks."""


def converted(directory: Path, style: str) -> Path:
    n_tokens = write_tokenizer(directory, STYLES[style])
    vocabulary = read_vocabulary(directory, {}, n_embedding_rows=n_tokens + 5)
    return write_vocabulary(directory / "vocabulary.gguf", vocabulary)


@pytest.mark.parametrize("style", sorted(STYLES.keys() - APPROXIMATED))
def test_every_style_has_the_ids_of_its_tokenizer(style: str, tmp_path: Path) -> None:
    parity = measure_token_parity(tmp_path, converted(tmp_path, style))
    assert parity.first_difference is None
    assert (parity.share, parity.left_out) == (1, "")
    assert parity.n_texts > 400
    assert parity.composes is style.startswith("qwen") if style != "qwen35" else True


@pytest.mark.parametrize("style", sorted(APPROXIMATED))
def test_expressions_that_llama_cpp_only_approximates_are_found_out(
    style: str, tmp_path: Path
) -> None:
    parity = measure_token_parity(tmp_path, converted(tmp_path, style))
    assert 0.9 < parity.share < 1
    assert parity.first_difference is not None
    assert parity.first_difference.expected != parity.first_difference.found


def test_another_way_to_split_digits_is_found_out(tmp_path: Path) -> None:
    file = converted(tmp_path, "smollm")
    path = tmp_path / "tokenizer.json"
    found: Json = json.loads(path.read_bytes())
    found["pre_tokenizer"] = found["pre_tokenizer"]["pretokenizers"][1]
    path.write_text(json.dumps(found))
    assert measure_token_parity(tmp_path, file).share < 1


def test_a_token_before_every_text_is_found_out(tmp_path: Path) -> None:
    file = converted(tmp_path, "llama3")
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"post_processor": None}))
    parity = measure_token_parity(tmp_path, file)
    assert parity.n_texts - parity.n_equal == 2
    assert parity.first_difference is not None
    assert parity.first_difference.text == "x"


def test_characters_without_tokens_are_left_out_and_named(tmp_path: Path) -> None:
    def without_a_byte(found: Json) -> None:
        model = found["model"]
        last = max(model["vocab"], key=model["vocab"].get)
        model["merges"] = [m for m in model["merges"] if "".join(m) != last and last not in m]
        model["vocab"][last] = model["vocab"].pop("\u0106")  # how bytes spell U+0006
        found["added_tokens"][0]["id"] -= 1

    n_tokens = write_tokenizer(tmp_path, STYLES["gpt2"], change=without_a_byte)
    vocabulary = read_vocabulary(tmp_path, {}, n_embedding_rows=n_tokens)
    file = write_vocabulary(tmp_path / "v.gguf", vocabulary)
    parity = measure_token_parity(tmp_path, file, texts=["a\x06b"])
    assert parity.left_out == "\x06"


def test_more_texts_may_be_compared(tmp_path: Path) -> None:
    file = converted(tmp_path, "gpt2")
    more = measure_token_parity(tmp_path, file, texts=["one", "two"]).n_texts
    assert more == measure_token_parity(tmp_path, file).n_texts + 2


def test_a_file_that_llama_cpp_refuses_is_told_in_words(tmp_path: Path) -> None:
    file = converted(tmp_path, "gpt2")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(KdedgeError, match=r"cannot load vocabulary\.gguf"):
        measure_token_parity(tmp_path, file)


def test_a_tokenizer_that_the_library_refuses_is_told_in_words(tmp_path: Path) -> None:
    file = converted(tmp_path, "gpt2")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(KdedgeError, match="tokenizers library cannot load"):
        measure_token_parity(tmp_path, file)


def test_equal_ids_have_no_difference() -> None:
    parity = compare_tokens(["a", "b"], [[1], [2, 3]], [[1], (2, 3)])
    assert (parity.n_equal, parity.n_tokens, parity.first_difference) == (2, 3, None)


@pytest.mark.parametrize(
    ("expected", "found", "position"), [([1, 2], [1, 3], 1), ([1], [1, 2], 1), ([1], [], 0)]
)
def test_the_first_difference_is_where_the_ids_part(
    expected: list[int], found: list[int], position: int
) -> None:
    difference = compare_tokens(["x"], [expected], [found]).first_difference
    assert difference is not None
    assert difference.position == position
    assert list(difference.expected) == expected[position:]


def test_the_texts_are_the_same_every_time() -> None:
    assert list(token_texts(["<s>"])) == list(token_texts(["<s>"]))
    assert list(token_texts([], seed=1)) != list(token_texts([]))
