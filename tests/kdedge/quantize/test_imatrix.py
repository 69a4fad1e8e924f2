"""Gathering statistics of a small model: the whole run, its end by Ctrl-C, and going on."""

from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Event, Note, Progress
from kdedge.quantize.calibration import Text
from kdedge.quantize.imatrix import GatherOptions, gather_imatrix
from kdedge.quantize.imatrix_document import imatrix_document
from kdedge.quantize.imatrix_file import Imatrix, read_imatrix
from tests.tiny_model import weights, write_model

TEXT = Text(name="squares", text="".join(chr(33 + n * n % 90) for n in range(300)))
OPTIONS = GatherOptions(chunk_tokens=64)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf", weights())


def assert_same(found: Imatrix, wanted: Imatrix) -> None:
    assert found.n_chunks == wanted.n_chunks
    for name, values in wanted.statistics.items():
        np.testing.assert_allclose(found.statistics[name], values, rtol=1e-6)


def test_the_file_says_what_it_comes_from(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "m.gguf"
    made = gather_imatrix(model, TEXT, target, options=OPTIONS)
    found = read_imatrix(target)
    assert_same(found, made)
    assert (found.datasets, found.n_chunks, found.chunk_tokens) == (("squares",), 4, 64)
    assert found.text_sha256 == TEXT.sha256
    document = imatrix_document(made, model=model, target=target, text=TEXT)
    assert (document["schema"], document["n_unreached"]) == ("kdedge.imatrix/1", 0)


def test_ctrl_c_keeps_what_was_gathered_and_resume_ends_at_the_same_numbers(
    model: Path, tmp_path: Path
) -> None:
    whole = gather_imatrix(model, TEXT, tmp_path / "whole.gguf", options=OPTIONS)
    target = tmp_path / "m.gguf"

    def press(event: Event) -> None:
        if isinstance(event, Progress) and event.phase == "gathering" and event.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError, match="after 2 of 4 chunks"):
        gather_imatrix(model, TEXT, target, options=OPTIONS, sink=press)
    assert not target.exists()
    resumed = GatherOptions(chunk_tokens=64, resume=True)
    assert_same(gather_imatrix(model, TEXT, target, options=resumed), whole)
    assert [path.name for path in tmp_path.glob(".m.gguf*")] == []


def test_resume_of_another_text_is_refused(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "m.gguf"

    def press(event: Event) -> None:
        if isinstance(event, Progress) and event.phase == "gathering":
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError):
        gather_imatrix(model, TEXT, target, options=OPTIONS, sink=press)
    other = Text(name="other", text=TEXT.text[::-1])
    with pytest.raises(KdedgeError, match="of another model, text or chunk length"):
        gather_imatrix(model, other, target, options=GatherOptions(chunk_tokens=64, resume=True))


def test_resume_without_anything_unfinished_starts_anew(model: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    options = GatherOptions(chunk_tokens=64, resume=True)
    made = gather_imatrix(model, TEXT, tmp_path / "m.gguf", options=options, sink=told.append)
    assert made.n_chunks == 4
    assert any(isinstance(event, Note) and "starting anew" in event.text for event in told)


def test_an_earlier_file_is_added(model: Path, tmp_path: Path) -> None:
    first = gather_imatrix(model, TEXT, tmp_path / "a.gguf", options=OPTIONS)
    options = GatherOptions(chunk_tokens=64, merge=(tmp_path / "a.gguf",))
    both = gather_imatrix(model, TEXT, tmp_path / "b.gguf", options=options)
    assert both.n_chunks == 8
    for name, values in first.statistics.items():
        np.testing.assert_allclose(both.statistics[name], values, rtol=1e-6)


def test_experts_that_no_token_reached_are_told(tmp_path: Path) -> None:
    tensors = weights(experts=True)
    for layer in range(2):
        tensors[f"blk.{layer}.ffn_gate_inp.weight"][:] = 0  # all alike: always the same two
    model = write_model(tmp_path / "mixture.gguf", tensors)
    told: list[Event] = []
    gather_imatrix(model, TEXT, tmp_path / "m.gguf", options=OPTIONS, sink=told.append)
    notes = [event.text for event in told if isinstance(event, Note)]
    assert notes == ["No token reached 12 of 24 expert weights: use more text."]


def test_a_text_shorter_than_a_chunk_is_refused(model: Path, tmp_path: Path) -> None:
    short = Text(name="short", text="abc")
    with pytest.raises(KdedgeError, match="The text has 3 tokens, a chunk needs 64"):
        gather_imatrix(model, short, tmp_path / "m.gguf", options=OPTIONS)


def test_chunks_of_a_few_tokens_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="A chunk of 8 tokens is too short"):
        gather_imatrix(model, TEXT, tmp_path / "m.gguf", options=GatherOptions(chunk_tokens=8))


def test_nothing_is_written_when_the_model_cannot_be_loaded(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(KdedgeError, match="cannot load broken"):
        gather_imatrix(broken, TEXT, tmp_path / "m.gguf", options=OPTIONS)
    assert not (tmp_path / "m.gguf").exists()


def test_a_target_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "m.gguf"
    with pytest.raises(KdedgeError, match=r"nowhere does not exist"):
        gather_imatrix(tmp_path / "no-model.gguf", TEXT, target, options=OPTIONS)
