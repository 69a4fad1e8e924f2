import shutil
from pathlib import Path

import pytest

from kdedge.convert import proof as proof_module
from kdedge.convert import proof_reference
from kdedge.convert.document import convert_document
from kdedge.convert.proof_gate import Proof
from kdedge.convert.run import Converted, ConvertOptions, convert_checkpoint
from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Progress, Sink, ignore
from kdedge.models.header import Header, read_header
from tests.proof_cases import write_case

MET = Proof(status="met", reason="", nmse=1.7e-11, top1_agreement=0.99987, token_parity=1.0)
NOT_MET = Proof(status="not met", reason="the logits differ", nmse=0.5)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_case(tmp_path / "checkpoint")


class FakeProof:
    """Answers with ``result`` and keeps the header of the file it was given."""

    def __init__(self, result: Proof) -> None:
        self.result = result
        self.seen: Header | None = None

    def __call__(self, checkpoint_dir: Path, gguf_path: Path, *, sink: Sink) -> Proof:
        self.seen = read_header(gguf_path)
        return self.result


def fake(monkeypatch: pytest.MonkeyPatch, result: Proof) -> FakeProof:
    prove = FakeProof(result)
    monkeypatch.setattr(proof_module, "prove", prove)
    monkeypatch.setattr(proof_reference, "require_reference", lambda: None)
    return prove


def convert(directory: Path, target: Path, **options: object) -> Converted:
    chosen = ConvertOptions(**options)  # type: ignore[arg-type]
    return convert_checkpoint(directory, target, options=chosen, sink=ignore)


def test_the_proof_is_made_on_the_exact_weights_and_stands_in_the_file(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove = fake(monkeypatch, MET)
    convert(checkpoint, tmp_path / "out.gguf")
    assert prove.seen is not None
    assert prove.seen.file_type == "F32"
    header = read_header(tmp_path / "out.gguf")
    assert header.file_type == "BF16"
    assert header.metadata["kdedge.proof.status"] == "met"
    assert header.metadata["kdedge.proof.nmse_below"] == pytest.approx(1e-10)
    assert header.metadata["kdedge.proof.top1_agreement"] == pytest.approx(0.999)
    assert header.metadata["kdedge.proof.token_parity"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "out.gguf"]


def test_a_proof_that_is_not_met_leaves_no_file(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, NOT_MET)
    made = convert(checkpoint, tmp_path / "out.gguf")
    assert made.written is None
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
    document = convert_document(made.plan, target=None, proof=made.proof, written=None)
    assert document["sha256"] is None


def test_two_folders_give_the_same_bytes_proof_included(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(checkpoint, tmp_path / "other")
    fake(monkeypatch, MET)
    first = convert(checkpoint, tmp_path / "1.gguf").written
    fake(
        monkeypatch,
        Proof(status="met", reason="", nmse=1.8e-11, top1_agreement=0.99985, token_parity=1.0),
    )
    second = convert(tmp_path / "other", tmp_path / "2.gguf").written
    assert first is not None
    assert second is not None
    assert first.sha256 == second.sha256


def test_a_name_is_written_only_when_it_is_given(checkpoint: Path, tmp_path: Path) -> None:
    convert(checkpoint, tmp_path / "1.gguf", verify=False)
    convert(checkpoint, tmp_path / "2.gguf", verify=False, name="Student")
    assert read_header(tmp_path / "1.gguf").name is None
    assert read_header(tmp_path / "2.gguf").name == "Student"


def test_a_broken_checkpoint_is_told_as_kdedges_own_error(
    checkpoint: Path, tmp_path: Path
) -> None:
    (checkpoint / "model.safetensors").write_bytes(b"x")
    with pytest.raises(KdedgeError, match="safetensors"):
        convert(checkpoint, tmp_path / "out.gguf")


def test_progress_names_every_tensor(checkpoint: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    options = ConvertOptions(verify=False)
    made = convert_checkpoint(checkpoint, tmp_path / "1.gguf", options=options, sink=events.append)
    told = [event for event in events if isinstance(event, Progress)]
    assert [event.detail for event in told[:-1]] == [each.name for each in made.plan.tensors]
    assert told[-1].done == told[-1].total
