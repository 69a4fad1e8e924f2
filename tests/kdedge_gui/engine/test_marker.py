import json
from pathlib import Path

import pytest

from kdedge_gui.engine.marker import LoadMarker


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path))
    return tmp_path / "loading.json"


def _read(path: Path) -> LoadMarker:
    marker = LoadMarker(path)
    marker.read()
    return marker


def test_a_load_that_took_the_computer_down_is_known_at_the_next_start(path: Path) -> None:
    marker = LoadMarker(path)
    marker.begin("/m.gguf")
    marker.save()
    left = json.loads(path.read_text())
    path.write_text(json.dumps({**left, "owner": {"pid": 1, "started": "long ago"}}))
    assert "went down" in _read(path).death_of("/m.gguf")


def test_a_load_of_another_window_that_still_runs_is_no_death(path: Path) -> None:
    marker = LoadMarker(path)
    marker.begin("/m.gguf")
    marker.save()
    assert _read(path).death_of("/m.gguf") == ""


def test_a_death_is_kept_until_the_model_loads(path: Path) -> None:
    marker = LoadMarker(path)
    marker.die("/m.gguf", "was killed")
    marker.save()
    assert _read(path).death_of("/m.gguf") == "was killed"
    marker.succeed("/m.gguf")
    marker.save()
    assert _read(path).death_of("/m.gguf") == ""


def test_a_refused_load_leaves_nothing(path: Path) -> None:
    marker = LoadMarker(path)
    marker.begin("/m.gguf")
    marker.refuse()
    marker.save()
    assert json.loads(path.read_text())["loading"] == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"deaths": 3}', "[" * 5000, '{"deaths": {}}'])
def test_a_damaged_marker_is_no_marker(path: Path, text: str) -> None:
    path.write_text(text)
    assert _read(path).death_of("/m.gguf") == ""


def test_a_folder_that_cannot_be_written_keeps_no_model_from_loading(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = path.with_name("file")
    file.write_text("")
    monkeypatch.setenv("KDEDGE_HOME", str(file / "below"))
    marker = LoadMarker(file / "below" / "loading.json")
    marker.begin("/m.gguf")
    marker.save()
    assert not (file / "below").exists()
