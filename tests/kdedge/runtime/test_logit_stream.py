"""Logits of all positions, through the child, from a small model."""

from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime.logit_options import ROW_STEP, LogitOptions, rows_in_a_piece
from kdedge.runtime.logit_stream import LogitStream
from tests.tiny_model import byte_tokens, weights, write_model

TOKENS = [token * 7 % 256 for token in range(100)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf", weights(), add_bos=True)


def all_logits(path: Path, *, first: int = 0, piece_bytes: int = 64 * 1024**2) -> np.ndarray:
    options = LogitOptions(
        context_tokens=128, cache_type="F32", flash_attention="off", piece_bytes=piece_bytes
    )
    with LogitStream() as stream:
        stream.load(path, options=options)
        return np.concatenate([piece.copy() for piece in stream.logits(TOKENS, first=first)])


def test_there_is_a_row_for_each_token_and_a_column_for_each_entry(model: Path) -> None:
    assert all_logits(model).shape == (len(TOKENS), len(byte_tokens()))


def test_rows_do_not_depend_on_how_they_are_cut_into_pieces(model: Path) -> None:
    whole, pieces = all_logits(model), all_logits(model, piece_bytes=1)
    np.testing.assert_allclose(whole, pieces, atol=1e-4)


def test_rows_before_the_first_wanted_one_are_left_out(model: Path) -> None:
    np.testing.assert_allclose(all_logits(model, first=40), all_logits(model)[40:], atol=1e-4)


def test_a_sequence_does_not_see_the_one_before_it(model: Path) -> None:
    with LogitStream() as stream:
        stream.load(model, options=LogitOptions(context_tokens=128))
        once = [piece.copy() for piece in stream.logits(TOKENS)]
        again = [piece.copy() for piece in stream.logits(TOKENS)]
    np.testing.assert_array_equal(once, again)


def test_the_child_tells_the_vocabulary_and_its_first_token(model: Path, tmp_path: Path) -> None:
    tokens = byte_tokens()
    tokens[5], tokens[6] = tokens[6], tokens[5]
    other = write_model(tmp_path / "other.gguf", weights(), tokens=tokens)
    with LogitStream() as ours, LogitStream() as theirs:
        found = ours.load(model, options=LogitOptions(context_tokens=64))
        differing = theirs.load(other, options=LogitOptions(context_tokens=64))
    assert (found.n_vocab, found.bos, differing.bos) == (len(tokens), 0, None)
    assert found.vocabulary_sha256 != differing.vocabulary_sha256


def test_text_becomes_ids_with_the_first_token_where_it_is_asked_for(model: Path) -> None:
    with LogitStream() as stream:
        stream.load(model, options=LogitOptions(context_tokens=64))
        assert stream.tokenize("a", special=False, add_bos=True) == [0, ord("a")]
        assert stream.tokenize("a", special=False, add_bos=False) == [ord("a")]


def test_nothing_is_left_of_the_shared_memory(model: Path) -> None:
    with LogitStream() as stream:
        stream.load(model, options=LogitOptions(context_tokens=64))
        assert not list(Path("/dev/shm").glob(f"kdedge-*{stream.pid}*"))
        mapped = Path("/proc/self/maps").read_text()
    assert "/kdedge-" not in mapped or "(deleted)" in mapped


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with LogitStream() as stream, pytest.raises(KdedgeError, match="There is no file"):
        stream.load(tmp_path / "none.gguf", options=LogitOptions())


def test_an_adapter_that_is_none_is_refused(model: Path) -> None:
    options = LogitOptions(context_tokens=64, adapter=model)
    with LogitStream() as stream, pytest.raises(KdedgeError, match=r"cannot put tiny\.gguf on"):
        stream.load(model, options=options)


@pytest.mark.parametrize(("n_vocab", "rows"), [(49_152, 320), (151_936, 96), (262_144, 64)])
def test_a_piece_is_as_many_rows_as_fit_into_64_mib_in_steps_of_32(
    n_vocab: int, rows: int
) -> None:
    assert rows_in_a_piece(n_vocab, most_bytes=64 * 1024**2) == rows


def test_a_piece_never_has_too_few_rows_for_the_matrix_kernels() -> None:
    assert rows_in_a_piece(10**9, most_bytes=1) == ROW_STEP
