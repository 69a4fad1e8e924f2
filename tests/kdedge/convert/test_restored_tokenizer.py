"""A tokenizer that comes back from a GGUF file gives the ids that llama.cpp gives."""

import json
from pathlib import Path

import pytest

from kdedge.convert.token_parity import measure_token_parity
from kdedge_converters.gguf_file import open_gguf
from kdedge_converters.hf_tokenizer import restored_tokenizer
from kdedge_converters.vocabulary import read_vocabulary
from tests.tiny_tokenizers import STYLES, write_tokenizer
from tests.vocabulary_gguf import write_vocabulary

APPROXIMATED = {"phi4-mini", "tekken"}
"""llama.cpp's expressions for these leave out combining marks."""


@pytest.mark.parametrize("style", sorted(STYLES.keys() - APPROXIMATED - {"phi3"}))
def test_every_style_comes_back_with_the_ids_of_llama_cpp(style: str, tmp_path: Path) -> None:
    n_tokens = write_tokenizer(tmp_path / "original", STYLES[style])
    vocabulary = read_vocabulary(tmp_path / "original", {}, n_embedding_rows=n_tokens + 5)
    gguf = write_vocabulary(tmp_path / "vocabulary.gguf", vocabulary)
    found = restored_tokenizer(open_gguf(gguf))
    back = tmp_path / "back"
    back.mkdir()
    (back / "tokenizer.json").write_text(json.dumps(found.tokenizer))
    (back / "tokenizer_config.json").write_text(json.dumps(found.config))
    parity = measure_token_parity(back, gguf)
    assert (parity.share, parity.first_difference) == (1, None)
    again = read_vocabulary(back, {}, n_embedding_rows=n_tokens + 5)
    entries = {each.key: each.value for each in again.key_values}
    original = {each.key: each.value for each in vocabulary.key_values}
    same = ("tokens", "token_type", "model", "eos_token_id", "add_bos_token", "add_eos_token")
    for key in same:
        assert entries[f"tokenizer.ggml.{key}"] == original[f"tokenizer.ggml.{key}"], key
