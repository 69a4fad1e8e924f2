import json
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.library import add_model, list_models, remove_model, resolve_model
from tests.tiny_gguf import tiny_llama


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HF_HOME", "HF_HUB_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def a_model(folder: Path, name: str = "tiny.gguf") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(tiny_llama().to_bytes())
    return folder / name


def names() -> list[str]:
    return [entry.name for entry in list_models() if entry.origin != "starter"]


def test_an_added_model_is_found_by_name_part_and_path(tmp_path: Path) -> None:
    path = a_model(tmp_path)
    add_model(path, name="My Coder")
    for words in ("My Coder", "my coder", "code", str(path)):
        assert resolve_model(words) == path


def test_a_whole_name_wins_over_a_part_of_another(tmp_path: Path) -> None:
    short, long = a_model(tmp_path, "a.gguf"), a_model(tmp_path, "ab.gguf")
    add_model(short)
    add_model(long)
    assert resolve_model("a") == short
    assert resolve_model("A") == short


def test_a_part_of_two_names_names_both(tmp_path: Path) -> None:
    add_model(a_model(tmp_path, "coder-1.gguf"))
    add_model(a_model(tmp_path, "coder-2.gguf"))
    with pytest.raises(KdedgeError, match="means 2 models: coder-1, coder-2"):
        resolve_model("coder")


def test_an_unknown_name_gets_near_ones(tmp_path: Path) -> None:
    add_model(a_model(tmp_path, "qwen-coder.gguf"))
    with pytest.raises(KdedgeError, match="no model") as caught:
        resolve_model("qwen-codre")
    assert "qwen-coder" in caught.value.hint


@pytest.mark.parametrize("words", ["", "no/such.gguf", "x" * 5000, "null\0byte", "such.gguf"])
def test_words_that_mean_nothing_are_refused(words: str) -> None:
    with pytest.raises(KdedgeError, match=r"no model|no file"):
        resolve_model(words)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="is a folder"):
        resolve_model(str(tmp_path))


def test_a_model_whose_file_is_gone_says_so_and_can_be_forgotten(tmp_path: Path) -> None:
    path = a_model(tmp_path)
    add_model(path, name="lost")
    path.unlink()
    with pytest.raises(KdedgeError, match="is gone") as caught:
        resolve_model("lost")
    assert "kdedge models remove lost" in caught.value.hint
    remove_model("lost")
    assert names() == []


def test_removing_forgets_the_name_and_keeps_the_file(tmp_path: Path) -> None:
    path = a_model(tmp_path)
    add_model(path)
    remove_model("tiny")
    assert names() == []
    assert path.exists()
    add_model(path)
    remove_model("tiny", delete_file=True)
    assert not path.exists()


def test_a_part_of_a_name_removes_nothing(tmp_path: Path) -> None:
    add_model(a_model(tmp_path))
    with pytest.raises(KdedgeError, match="only a part"):
        remove_model("tin")
    assert names() == ["tiny"]


def test_a_file_that_is_no_model_is_not_added(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    with pytest.raises(KdedgeError, match="cut short"):
        add_model(tmp_path / "x.gguf")
    assert names() == []


def test_a_taken_name_is_refused_and_the_same_file_may_be_added_again(tmp_path: Path) -> None:
    add_model(a_model(tmp_path / "a"))
    with pytest.raises(KdedgeError, match="is taken") as caught:
        add_model(a_model(tmp_path / "b"))
    assert "--name" in caught.value.hint
    add_model(tmp_path / "a" / "tiny.gguf")
    assert names() == ["tiny"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31m", "starter"])
def test_a_name_that_cannot_be_typed_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KdedgeError, match="cannot be a name"):
        add_model(a_model(tmp_path), name=name)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"models": 3}', '{"models": [{"name": 1}]}', "[" * 100_000]
)
def test_a_damaged_list_is_said_in_words(home: Path, content: str) -> None:
    home.mkdir()
    (home / "library.json").write_text(content)
    with pytest.raises(KdedgeError, match="cannot be read") as caught:
        list_models()
    assert "mv" in caught.value.hint


def test_models_of_other_programs_are_found_where_they_lie(tmp_path: Path, home: Path) -> None:
    user = tmp_path / "user"
    a_model(user / ".cache/huggingface/hub/models--org--repo/snapshots/abc/sub", "q4.gguf")
    a_model(user / ".cache/huggingface/hub/datasets--org--repo/snapshots/abc", "no.gguf")
    a_model(user / ".lmstudio/models/maker/model", "studio.gguf")
    a_model(home / "models", "made-here.gguf")
    digest = "a" * 64
    blobs = user / ".ollama/models/blobs"
    a_model(blobs, f"sha256-{digest}")
    manifest = user / ".ollama/models/manifests/registry.ollama.ai/library/qwen/1.5b"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"}
    manifest.write_text(json.dumps({"layers": [{"mediaType": "x", "digest": "y"}, layer]}))
    assert names() == ["made-here", "org/repo/q4", "studio", "qwen:1.5b"]
    assert resolve_model("qwen:1.5b") == blobs / f"sha256-{digest}"
    with pytest.raises(KdedgeError, match="not added by you"):
        remove_model("studio", delete_file=True)


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        '{"layers": 3}',
        '{"layers": [3]}',
        '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": 5}]}',
        '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../tiny"}]}',
    ],
)
def test_a_strange_manifest_leads_nowhere(tmp_path: Path, content: str) -> None:
    manifest = tmp_path / "user/.ollama/models/manifests/r/l/m/tag"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(content)
    assert names() == []


def test_a_file_found_in_two_places_is_listed_once(tmp_path: Path, home: Path) -> None:
    path = a_model(home / "models")
    add_model(path, name="mine")
    (home / "models" / "link.gguf").symlink_to(path)
    assert names() == ["mine"]


def test_a_model_made_here_goes_only_with_its_file(home: Path) -> None:
    path = a_model(home / "models")
    with pytest.raises(KdedgeError, match="not added by you") as caught:
        remove_model("tiny")
    assert "--delete-file" in caught.value.hint
    remove_model("tiny", delete_file=True)
    assert not path.exists()
