import json
from pathlib import Path
from typing import Any

import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, WORDS, Json, template, write_tokenizer

KEY = "tokenizer.ggml."


def read(
    directory: Path,
    *,
    tokenizer: dict[str, Any] | None = None,
    post_processor: Json | None = None,
    config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The entries of a SmolLM-like checkpoint: ids 0 <|endoftext|>, 1 <|im_start|>, 2 <|im_end|>."""

    def change(found: Json) -> None:
        found["post_processor"] = post_processor

    n_tokens = write_tokenizer(directory, STYLES["smollm"], change=change)
    (directory / "tokenizer_config.json").write_text(json.dumps(tokenizer or {}))
    vocabulary = read_vocabulary(directory, config or {}, n_embedding_rows=n_tokens)
    found = {entry.key.removeprefix(KEY): entry.value for entry in vocabulary.key_values}
    roles = ("_token_id", "add_")
    return {key: value for key, value in found.items() if any(role in key for role in roles)}


EOS = {"eos_token": "<|im_end|>"}
NOTHING_ADDED = {"add_bos_token": False, "add_eos_token": False}


def test_adding_is_always_written(tmp_path: Path) -> None:
    assert read(tmp_path, tokenizer=EOS) == {"eos_token_id": 2, **NOTHING_ADDED}


def test_a_token_may_be_an_object(tmp_path: Path) -> None:
    assert read(tmp_path, tokenizer={"eos_token": {"content": "<|im_end|>"}})["eos_token_id"] == 2


def test_the_text_goes_before_the_id_and_the_configuration_before_the_generation(
    tmp_path: Path,
) -> None:
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": 7, "pad_token_id": 0}')
    found = read(tmp_path, tokenizer=EOS, config={"eos_token_id": 5, "bos_token_id": 1})
    assert (found["eos_token_id"], found["bos_token_id"], found["padding_token_id"]) == (2, 1, 0)


def test_the_map_of_special_tokens_is_read_where_the_configuration_is_silent(
    tmp_path: Path,
) -> None:
    (tmp_path / "special_tokens_map.json").write_text(json.dumps(EOS | {"unk_token": "a"}))
    found = read(tmp_path, tokenizer={"unk_token": "<|endoftext|>"})
    assert (found["eos_token_id"], found["unknown_token_id"]) == (2, 0)


@pytest.mark.parametrize("pad", [-1, 10**9, True, "0", 1.0, None, []])
def test_an_id_that_is_none_or_beyond_the_vocabulary_is_not_written(
    pad: Any, tmp_path: Path
) -> None:
    found = read(tmp_path, tokenizer=EOS, config={"pad_token_id": pad})
    assert "padding_token_id" not in found


def test_the_first_of_several_ends_is_the_end(tmp_path: Path) -> None:
    assert read(tmp_path, config={"eos_token_id": [2, 0]})["eos_token_id"] == 2


def test_a_checkpoint_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="names no end-of-sequence"):
        read(tmp_path, tokenizer={"bos_token": "<|im_start|>"})


def test_a_second_end_that_llama_cpp_would_not_see_is_written(tmp_path: Path) -> None:
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [2, 0, 1]}')
    assert read(tmp_path, tokenizer=EOS)["eot_token_id"] == 1  # 0 is <|endoftext|>: known


def test_what_the_template_adds_is_told(tmp_path: Path) -> None:
    both = template("<|im_start|>", "<|im_end|>")
    found = read(tmp_path, tokenizer=EOS | {"add_eos_token": False}, post_processor=both)
    assert (found["add_bos_token"], found["add_eos_token"]) == (True, True)
    assert (found["bos_token_id"], found["eos_token_id"]) == (1, 2)


def test_a_template_goes_before_the_configuration(tmp_path: Path) -> None:
    stated = EOS | {"bos_token": "<|im_start|>", "add_bos_token": False}
    found = read(tmp_path, tokenizer=stated, post_processor=template("<|im_start|>"))
    assert found["add_bos_token"] is True


@pytest.mark.parametrize(
    ("processor", "added"), [(None, True), (template(), True), (WORDS, False)]
)
def test_the_configuration_decides_where_nothing_else_does(
    processor: Json | None, added: bool, tmp_path: Path
) -> None:
    stated = EOS | {"bos_token": "<|im_start|>", "add_bos_token": True}
    found = read(tmp_path, tokenizer=stated, post_processor=processor)
    assert found["add_bos_token"] is added


def test_steps_of_a_post_processor_add_up(tmp_path: Path) -> None:
    several = {"type": "Sequence", "processors": [WORDS, template("<|im_start|>")]}
    found = read(tmp_path, tokenizer=EOS, post_processor=several)
    assert (found["add_bos_token"], found["add_eos_token"]) == (True, False)


def test_an_added_end_that_is_not_the_stated_one_becomes_the_end_of_sequence(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, tokenizer=EOS, post_processor=template(None, "<|endoftext|>"))
    assert (found["eos_token_id"], found["eot_token_id"]) == (0, 2)


def test_an_added_start_that_is_not_the_stated_one_is_refused(tmp_path: Path) -> None:
    stated = EOS | {"bos_token": "<|endoftext|>"}
    with pytest.raises(ConversionError, match=r"puts '<.im_start.>' before every text"):
        read(tmp_path, tokenizer=stated, post_processor=template("<|im_start|>"))


def test_adding_a_start_that_is_not_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="names none"):
        read(tmp_path, tokenizer=EOS | {"add_bos_token": True})


def test_adding_a_token_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="which is no token"):
        read(tmp_path, tokenizer=EOS, post_processor=template("<|nowhere|>"))


A, S = {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}  # fmt: skip


@pytest.mark.parametrize(
    "processor",
    [
        {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]},
        {"type": "TemplateProcessing", "single": [S, S, A]},
        {"type": "TemplateProcessing", "single": [A, S, S]},
        {"type": "TemplateProcessing", "single": [A, A]},
        {"type": "TemplateProcessing", "single": [S]},
        {"type": "TemplateProcessing", "single": {"A": 1}},
        {"type": "TemplateProcessing", "single": [A, {"SpecialToken": {"id": 3}}]},
        {"type": "TemplateProcessing", "single": [None]},
        {"type": "Sequence", "processors": "ByteLevel"},
        {"type": "Sequence", "processors": [None]},
        {},
    ],
)
def test_what_llama_cpp_cannot_add_is_refused(processor: Json, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="What the tokenizer adds"):
        read(tmp_path, tokenizer=EOS, post_processor=processor)
