import hashlib
import json
import os
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Progress
from kdedge.models.library import add_model, list_models
from kdedge.models.verify import verify_model
from tests.tiny_gguf import tiny_llama

CONTENT = tiny_llama().to_bytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def a_model(folder: Path, name: str = "tiny.gguf") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(CONTENT)
    return folder / name


def damage(path: Path) -> None:
    """Change one bit of the weights; size and time stay, as when a disk fails."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_an_added_model_is_the_same_until_one_bit_of_it_changes(tmp_path: Path) -> None:
    path = a_model(tmp_path)
    add_model(path, name="mine")
    found = verify_model(path)
    assert (found.verdict, found.name, found.sha256) == ("same", "mine", SHA256)
    assert (found.recorded, found.recorded_sha256) == ("when it was added", SHA256)
    damage(path)
    found = verify_model(path)
    assert (found.verdict, found.recorded_sha256) == ("differs", SHA256)
    assert found.sha256 != SHA256
    add_model(path, name="mine")
    assert verify_model(path).verdict == "same"


def test_nothing_remembered_is_believed_instead_of_reading_the_file(
    tmp_path: Path, home: Path
) -> None:
    path = a_model(tmp_path)
    assert verify_model(path).verdict == "recorded"
    known = json.loads((home / "sha256.json").read_text())
    known[str(path)]["sha256"] = "ab" * 32
    (home / "sha256.json").write_text(json.dumps(known))
    found = verify_model(path)
    assert (found.verdict, found.sha256) == ("differs", SHA256)
    assert found.recorded == "when it was last read whole"


def test_a_file_without_a_record_gets_one(tmp_path: Path) -> None:
    path = a_model(tmp_path, "loose.gguf")
    found = verify_model(path)
    assert (found.verdict, found.name, found.recorded) == ("recorded", "loose", None)
    assert verify_model(path).verdict == "same"


def test_a_file_that_was_written_anew_has_no_record(tmp_path: Path) -> None:
    path = a_model(tmp_path)
    verify_model(path)
    path.write_bytes(tiny_llama(n_layers=3).to_bytes())
    assert verify_model(path).verdict == "recorded"


def test_the_names_of_other_programs_files_are_their_record(tmp_path: Path) -> None:
    user = tmp_path / "user"
    snapshot = user / ".cache/huggingface/hub/models--org--repo/snapshots/abc"
    snapshot.mkdir(parents=True)
    blob = a_model(snapshot.parents[1] / "blobs", SHA256)
    (snapshot / "q4.gguf").symlink_to(blob)
    ollama = a_model(user / ".ollama/models/blobs", f"sha256-{'a' * 64}")
    manifest = user / ".ollama/models/manifests/r/library/qwen/1.5b"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{'a' * 64}"}
    manifest.write_text(json.dumps({"layers": [layer]}))
    found = verify_model(snapshot / "q4.gguf")
    assert (found.verdict, found.name, found.recorded) == (
        "same",
        "org/repo/q4",
        "by the hub it came from",
    )
    found = verify_model(ollama)
    assert (found.verdict, found.name, found.recorded) == ("differs", "qwen:1.5b", "by Ollama")


def test_the_starter_is_on_record_with_its_package() -> None:
    starters = [entry for entry in list_models() if entry.origin == "starter"]
    assert all(entry.sha256 and len(entry.sha256) == 64 for entry in starters)


@pytest.mark.parametrize("size", [3, 500, len(CONTENT) - 1])
def test_a_file_cut_short_is_refused_by_its_header(tmp_path: Path, size: int) -> None:
    path = a_model(tmp_path)
    add_model(path)
    path.write_bytes(CONTENT[:size])
    with pytest.raises(KdedgeError, match="cut short"):
        verify_model(path)


def test_progress_is_told_while_the_file_is_read(tmp_path: Path) -> None:
    events: list[Event] = []
    verify_model(a_model(tmp_path), sink=events.append)
    assert [each.phase for each in events if isinstance(each, Progress)] == ["hashing"]


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="There is no file"):
        verify_model(tmp_path / "none.gguf")
