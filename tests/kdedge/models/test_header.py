from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header, SkippedArray, read_header
from kdedge.models.starter import starter_model
from tests.tiny_gguf import STRING, U32, TinyGguf, array, entry, tiny_llama


def header_of(tmp_path: Path, file: TinyGguf) -> Header:
    path = tmp_path / "model.gguf"
    path.write_bytes(file.to_bytes())
    return read_header(path)


def test_a_header_tells_what_was_written_into_it(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama())
    assert header.architecture == "llama"
    assert header.name == "Tiny"
    assert header.file_type == "Q8_0"
    assert header.context_length == 1024
    assert header.n_vocab == 64
    assert header.chat_template == "{{ messages }}"
    assert header.metadata["llama.rope.freq_base"] == 10000.0
    assert header.metadata["tokenizer.ggml.add_bos_token"] is False


def test_the_bytes_of_tensors_follow_from_their_type(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama(n_layers=1))
    by_name = {tensor.name: tensor for tensor in header.tensors}
    assert by_name["blk.0.attn_q.weight"].n_bytes == 64 * 64 // 32 * 18
    assert by_name["token_embd.weight"].n_bytes == 64 * 64 // 32 * 34
    assert header.n_params == 64 * 64 + 64 + 64 * 64 + 64 * 32
    assert header.bits_per_weight == pytest.approx(8 * header.weights_bytes / header.n_params)


def test_a_long_vocabulary_is_counted_and_not_kept(tmp_path: Path) -> None:
    header = header_of(tmp_path, tiny_llama(vocabulary=[f"t{n}" for n in range(5000)]))
    assert header.metadata["tokenizer.ggml.tokens"] == SkippedArray(length=5000)
    assert header.metadata["tokenizer.ggml.token_type"] == SkippedArray(length=5000)
    assert header.n_vocab == 5000


@pytest.mark.parametrize("n_tokens", [100, 5000])
def test_fill_in_the_middle_is_seen_in_the_vocabulary(tmp_path: Path, n_tokens: int) -> None:
    tokens = [f"t{n}" for n in range(n_tokens)]
    assert not header_of(tmp_path, tiny_llama(vocabulary=[*tokens, "x<|fim_prefix|>"])).has_fim
    assert header_of(tmp_path, tiny_llama(vocabulary=[*tokens, "<|fim_prefix|>"])).has_fim


def test_fill_in_the_middle_is_seen_in_the_metadata(tmp_path: Path) -> None:
    more = {"fim": entry("tokenizer.ggml.fim_pre_token_id", U32, 5)}
    assert header_of(tmp_path, tiny_llama(more=more)).has_fim


def test_bytes_that_are_no_text_become_escapes(tmp_path: Path) -> None:
    more = {"x": entry("general.author", STRING, b"caf\xe9")}
    header = header_of(tmp_path, tiny_llama(more=more))
    assert header.metadata["general.author"] == "caf\\xe9"


def test_a_short_array_is_kept_in_order(tmp_path: Path) -> None:
    more = {"x": array("general.languages", STRING, ["en", "fr"])}
    assert header_of(tmp_path, tiny_llama(more=more)).metadata["general.languages"] == ("en", "fr")


def test_metadata_of_a_strange_type_is_as_good_as_none(tmp_path: Path) -> None:
    file = TinyGguf(
        entries=[
            entry("general.architecture", U32, 7),
            entry("unknown.block_count", STRING, "many"),
            entry("general.file_type", STRING, "Q4"),
        ]
    )
    header = header_of(tmp_path, file)
    assert header.architecture == "unknown"
    assert header.count("block_count") is None
    assert header.file_type == "unknown"


def test_a_file_that_is_one_of_several_says_so(tmp_path: Path) -> None:
    more = {"x": entry("split.count", U32, 3)}
    assert header_of(tmp_path, tiny_llama(more=more)).n_files == 3


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="There is no file"):
        read_header(tmp_path / "none.gguf")
    with pytest.raises(KdedgeError, match="is a folder"):
        read_header(tmp_path)


@pytest.mark.slow
def test_the_starter_is_a_llama_of_135_million_weights() -> None:
    header = read_header(starter_model())
    assert (header.architecture, header.n_params) == ("llama", 134_515_008)
    assert (header.file_type, header.n_vocab, header.context_length) == ("Q4_1", 49152, 8192)
    assert header.chat_template
    assert not header.has_fim
    assert header.data_offset + header.weights_bytes == header.file_bytes
