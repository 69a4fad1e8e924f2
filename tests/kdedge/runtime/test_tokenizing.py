from dataclasses import replace
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime.tokenizing_client import TokenizingClient
from kdedge_converters.vocabulary import Vocabulary, read_vocabulary
from tests.tiny_tokenizers import STYLES, write_tokenizer
from tests.vocabulary_gguf import write_vocabulary


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    n_tokens = write_tokenizer(tmp_path, STYLES["llama3"])
    return read_vocabulary(tmp_path, {}, n_embedding_rows=n_tokens + 1)


def test_texts_are_split_with_no_weights_in_the_file(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    with TokenizingClient(write_vocabulary(tmp_path / "v.gguf", vocabulary)) as child:
        assert child.n_vocab == vocabulary.n_tokens
        plain = child.tokenize(["<|eot_id|>", "x", ""], special=False, add_bos=False)
        special = child.tokenize(["<|eot_id|>", "x", ""], special=True, add_bos=True)
    assert len(plain[0]) > 1
    assert [len(ids) for ids in plain[1:]] == [1, 0]
    start = special[2][0]
    assert special == [[start, start + 2], [start, *plain[1]], [start]]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="no file"):
        TokenizingClient(tmp_path / "v.gguf")


def test_a_vocabulary_that_ends_llama_cpp_ends_the_child_only(
    vocabulary: Vocabulary, tmp_path: Path
) -> None:
    def twice(texts: object) -> list[str]:
        assert isinstance(texts, list)
        return [*texts[:-1], texts[0]]

    entries = tuple(
        replace(entry, value=twice(entry.value)) if entry.key.endswith(".tokens") else entry
        for entry in vocabulary.key_values
    )
    file = write_vocabulary(tmp_path / "v.gguf", replace(vocabulary, key_values=entries))
    with pytest.raises(KdedgeError, match="was ended by llama"):
        TokenizingClient(file)
