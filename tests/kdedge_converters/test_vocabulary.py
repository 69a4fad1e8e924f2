import json
from pathlib import Path
from typing import Any

import pytest
from gguf import GGUFValueType as Kind
from gguf import TokenType

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_values import encode
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, write_tokenizer

KEY = "tokenizer.ggml."


def read(directory: Path, *, n_rows: int, config: dict[str, Any] | None = None) -> dict[str, Any]:
    vocabulary = read_vocabulary(directory, config or {}, n_embedding_rows=n_rows)
    assert vocabulary.n_tokens == n_rows
    return {entry.key: entry.value for entry in vocabulary.key_values}


@pytest.mark.parametrize("name", STYLES)
def test_every_style_has_one_entry_for_each_row_and_its_own_name(
    name: str, tmp_path: Path
) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES[name])
    found = read(tmp_path, n_rows=n_tokens + 2)
    assert found[KEY + "pre"] == STYLES[name].pre
    assert len(found[KEY + "tokens"]) == len(found[KEY + "token_type"]) == n_tokens + 2
    assert found[KEY + "tokens"][-2:] == [f"[PAD{n_tokens}]", f"[PAD{n_tokens + 1}]"]
    assert found[KEY + "token_type"][-2:] == [TokenType.UNUSED] * 2
    assert (KEY + "scores" in found) is STYLES[name].sentencepiece
    assert (KEY + "merges" in found) is not STYLES[name].sentencepiece


@pytest.mark.parametrize("name", STYLES)
def test_every_entry_can_be_written(name: str, tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES[name])
    vocabulary = read_vocabulary(tmp_path, {}, n_embedding_rows=n_tokens)
    assert all(encode(entry) for entry in vocabulary.key_values)
    kinds = {e.key: e.element_kind for e in vocabulary.key_values if e.kind is Kind.ARRAY}
    assert kinds[KEY + "tokens"] is Kind.STRING
    assert kinds[KEY + "token_type"] is Kind.INT32
    assert kinds.get(KEY + "scores", Kind.FLOAT32) is Kind.FLOAT32


def test_the_same_files_in_two_folders_give_the_same_entries(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        n_tokens = write_tokenizer(tmp_path / folder, STYLES["qwen2"])
    assert read(tmp_path / "a", n_rows=n_tokens) == read(tmp_path / "b", n_rows=n_tokens)


def test_merges_may_be_texts_or_pairs(tmp_path: Path) -> None:
    style = STYLES["smollm"]

    def as_texts(found: dict[str, Any]) -> None:
        found["model"]["merges"] = [" ".join(pair) for pair in found["model"]["merges"]]

    n_tokens = write_tokenizer(tmp_path / "pairs", style)
    write_tokenizer(tmp_path / "texts", style, change=as_texts)
    assert read(tmp_path / "pairs", n_rows=n_tokens) == read(tmp_path / "texts", n_rows=n_tokens)


def test_a_trimmed_and_an_extended_vocabulary_keep_the_name(tmp_path: Path) -> None:
    def trim(found: dict[str, Any]) -> None:
        model = found["model"]
        dropped = {left + right for left, right in model["merges"][200:]}
        model["merges"] = model["merges"][:200]
        kept = [token for token in model["vocab"] if token not in dropped]
        model["vocab"] = {token: number for number, token in enumerate(kept)}
        for number, token in enumerate(found["added_tokens"], start=len(kept)):
            token["id"] = number
        more = found["added_tokens"][0] | {"content": "<|mine|>"}
        found["added_tokens"].append(more | {"id": found["added_tokens"][-1]["id"] + 1})

    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"], change=trim)
    found = read(tmp_path, n_rows=n_tokens)
    assert found[KEY + "pre"] == "qwen2"
    mine = found[KEY + "tokens"].index("<|mine|>")
    assert found[KEY + "token_type"][mine] == TokenType.CONTROL
    assert found[KEY + "token_type"][mine + 1] == TokenType.UNUSED


def test_a_vocabulary_larger_than_the_embeddings_is_refused_with_the_way_out(
    tmp_path: Path,
) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"])
    with pytest.raises(ConversionError, match=rf"up to {n_tokens - 1}, .* {n_tokens - 1} rows"):
        read(tmp_path, n_rows=n_tokens - 1)


@pytest.mark.parametrize("claimed", [0, -1, 10**9])
def test_absurd_embeddings_are_refused(claimed: int, tmp_path: Path) -> None:
    write_tokenizer(tmp_path, STYLES["qwen2"])
    with pytest.raises(ConversionError, match="rows"):
        read(tmp_path, n_rows=claimed)


@pytest.mark.parametrize("stated", ["BertTokenizer", "MyOwnTokenizer", 7, {}])
def test_a_tokenizer_class_that_is_not_known_is_refused(stated: Any, tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"])
    change(tmp_path / "tokenizer_config.json", tokenizer_class=stated)
    with pytest.raises(ConversionError, match=r"class .* is not known"):
        read(tmp_path, n_rows=n_tokens)


def test_a_tokenizer_with_code_of_its_own_is_refused(tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"])
    change(tmp_path / "tokenizer_config.json", auto_map={"AutoTokenizer": ["code.py", None]})
    with pytest.raises(ConversionError, match="is not known"):
        read(tmp_path, n_rows=n_tokens)


def test_files_that_disagree_about_an_id_are_refused(tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"])
    change(
        tmp_path / "tokenizer_config.json", added_tokens_decoder={"5": {"content": "<|im_end|>"}}
    )
    with pytest.raises(ConversionError, match="gives the id 5 to"):
        read(tmp_path, n_rows=n_tokens)


def test_fill_in_the_middle_tokens_are_written(tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path, STYLES["codellama"])
    found = read(tmp_path, n_rows=n_tokens)
    first = n_tokens - 4
    assert [found[f"{KEY}fim_{role}_token_id"] for role in ("pre", "suf", "mid")] == [
        first, first + 1, first + 2,
    ]  # fmt: skip
    assert found[KEY + "eot_token_id"] == first + 3


def test_repository_and_file_tokens_alone_are_no_fill_in_the_middle(tmp_path: Path) -> None:
    def rename(found: dict[str, Any]) -> None:
        found["added_tokens"][3]["content"] = "<|something_else|>"

    n_tokens = write_tokenizer(tmp_path, STYLES["qwen2"], change=rename)
    assert not [key for key in read(tmp_path, n_rows=n_tokens) if "fim" in key]


def test_a_normaliser_that_changes_letters_is_refused(tmp_path: Path) -> None:
    def lower(found: dict[str, Any]) -> None:
        found["normalizer"] = {"type": "Lowercase"}

    n_tokens = write_tokenizer(tmp_path, STYLES["gpt2"], change=lower)
    with pytest.raises(ConversionError, match="Lowercase"):
        read(tmp_path, n_rows=n_tokens)


def test_tokens_that_swallow_spaces_are_reported(tmp_path: Path) -> None:
    for name in ("phi3", "llama2"):
        n_tokens = write_tokenizer(tmp_path / name, STYLES[name])
        vocabulary = read_vocabulary(tmp_path / name, {}, n_embedding_rows=n_tokens)
        assert vocabulary.strips_beside_tokens is (name == "phi3")


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))
