"""Two models over one text, through llama.cpp."""

from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Progress
from kdedge.quantize.calibration import Text
from kdedge.quantize.divergence import (
    DivergenceOptions,
    measure_divergence,
    measure_divergences,
)
from kdedge.quantize.divergence_document import divergence_document, divergence_rows
from tests.tiny_model import byte_tokens, weights, write_model

TEXT = "".join(chr(33 + number * number % 90) for number in range(300))


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "master.gguf", weights())


@pytest.fixture(scope="module")
def nearby(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = np.random.default_rng(5)
    near = {
        name: values + 0.01 * chance.standard_normal(values.shape).astype(np.float32)
        for name, values in weights().items()
    }
    return write_model(tmp_path_factory.mktemp("models") / "nearby.gguf", near)


@pytest.fixture(scope="module")
def uniform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tensors = weights()
    tensors["output.weight"][:] = 0
    return write_model(tmp_path_factory.mktemp("models") / "uniform.gguf", tensors)


def test_a_model_is_zero_away_from_itself(master: Path) -> None:
    found = measure_divergence(master, master, TEXT, chunk_tokens=64)
    assert (found.mean_kl, found.worst_kl, found.top1_agreement) == (0.0, 0.0, 1.0)
    assert found.perplexity == found.perplexity_master


def test_the_second_half_of_each_chunk_is_scored(master: Path) -> None:
    found = measure_divergence(master, master, TEXT, chunk_tokens=64)
    assert found.n_chunks == 4
    assert found.n_tokens == 4 * 31  # positions 32 to 62: nothing follows the last one


def test_a_model_that_knows_nothing_has_the_vocabulary_as_its_perplexity(
    master: Path, uniform: Path
) -> None:
    found = measure_divergence(master, uniform, TEXT, chunk_tokens=64)
    assert found.perplexity == pytest.approx(len(byte_tokens()), rel=1e-5)
    assert found.mean_kl > 1


def test_the_nearer_model_is_told_from_the_farther(
    master: Path, nearby: Path, uniform: Path
) -> None:
    options = DivergenceOptions(chunk_tokens=64, n_chunks=3)
    near, far = measure_divergences(master, [nearby, uniform], TEXT, options=options)
    assert 0 < near.mean_kl < far.mean_kl / 5
    assert near.mean_kl_ci95[0] <= near.mean_kl <= near.mean_kl_ci95[1]
    assert near.p99_kl <= near.worst_kl


def test_models_are_compared_alike_alone_and_with_others(
    master: Path, nearby: Path, uniform: Path
) -> None:
    options = DivergenceOptions(chunk_tokens=64)
    together = measure_divergences(master, [uniform, nearby], TEXT, options=options)
    assert together[1] == measure_divergence(master, nearby, TEXT, chunk_tokens=64)


def test_each_chunk_is_told(master: Path) -> None:
    told: list[Event] = []
    measure_divergence(master, master, TEXT, chunk_tokens=64, n_chunks=2, sink=told.append)
    done = [event.done for event in told if isinstance(event, Progress)]
    assert done == [1, 2]


def test_files_with_other_tokens_cannot_be_compared(master: Path, tmp_path: Path) -> None:
    tokens = byte_tokens()
    tokens[5], tokens[6] = tokens[6], tokens[5]
    other = write_model(tmp_path / "other.gguf", weights(), tokens=tokens)
    with pytest.raises(KdedgeError, match="vocabularies have different tokens"):
        measure_divergence(master, other, TEXT, chunk_tokens=64)


def test_a_text_of_one_chunk_is_too_short(master: Path) -> None:
    with pytest.raises(KdedgeError, match="The text has 100 tokens, two chunks of 64"):
        measure_divergence(master, master, TEXT[:100], chunk_tokens=64)


def test_numbers_that_are_not_finite_name_the_file(master: Path, tmp_path: Path) -> None:
    tensors = weights()
    tensors["output.weight"][9] = np.nan
    broken = write_model(tmp_path / "broken.gguf", tensors)
    with pytest.raises(KdedgeError, match=r"broken\.gguf predicts numbers that are not finite"):
        measure_divergence(master, broken, TEXT, chunk_tokens=64)


@pytest.mark.parametrize(("chunk_tokens", "n_chunks"), [(16, None), (64, 1)])
def test_too_little_to_compare_is_refused_before_anything_is_loaded(
    chunk_tokens: int, n_chunks: int | None
) -> None:
    nowhere = Path("nowhere.gguf")
    with pytest.raises(KdedgeError, match="too"):
        measure_divergence(nowhere, nowhere, TEXT, chunk_tokens=chunk_tokens, n_chunks=n_chunks)


def test_a_chunk_longer_than_the_model_was_made_for_is_refused(master: Path) -> None:
    with pytest.raises(KdedgeError, match="made for 256 tokens"):
        measure_divergence(master, master, TEXT * 3, chunk_tokens=300)


def test_the_document_carries_text_files_and_numbers(
    master: Path, nearby: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path))
    found = measure_divergence(master, nearby, TEXT, chunk_tokens=64)
    document = divergence_document(
        [found], master=master, others=[nearby], text=Text(name="squares", text=TEXT)
    )
    assert document["schema"] == "kdedge.divergence/1"
    assert document["divergences"][0]["mean_kl"] == found.mean_kl  # type: ignore[index,call-overload]
    row = divergence_rows([found], [nearby])[0]
    assert row[0] == "nearby.gguf"
