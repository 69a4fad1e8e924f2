from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from kdedge_gui.background import Background
from kdedge_gui.library import Library, ModelEntry
from kdedge_gui.machine_watch import MachineWatch
from kdedge_gui.preferences import Preferences
from tests.tiny_gguf import tiny_llama

_WAIT_MS = 60_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No model anywhere but below this folder."""
    for name in ("KDEDGE_HOME", "HF_HOME", "OLLAMA_MODELS", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return tmp_path


@pytest.fixture
def library(qapp: object, home: Path) -> Iterator[Library]:
    background = Background()
    preferences = Preferences(path=home / "app.ini")
    made = Library(background, preferences=preferences, machine=MachineWatch())
    yield made
    background.close()
    made.close()


def _model(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tiny_llama().to_bytes())
    return path


def _scanned(qtbot: QtBot, library: Library) -> dict[str, ModelEntry]:
    library.rescan()
    return _settled(qtbot, library)


def _settled(qtbot: QtBot, library: Library) -> dict[str, ModelEntry]:
    qtbot.waitUntil(
        lambda: not library.is_scanning and not library._telling.isActive(), timeout=_WAIT_MS
    )
    return {entry.name: entry for entry in library.entries if entry.origin != "starter"}


def test_models_of_the_users_folders_are_found_and_read(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    path = _model(home / "mine" / "deep" / "a.gguf")
    _model(home / "mine" / ".hidden" / "b.gguf")
    library._preferences.folders = (home / "mine", home / "not there")
    entries = _settled(qtbot, library)
    assert list(entries) == ["a"]
    assert entries["a"].summary is not None
    assert entries["a"].summary.architecture == "llama"
    assert entries["a"].argument == str(path)
    assert library.entry_of(path) == entries["a"]


def test_a_model_with_a_name_is_meant_by_its_name(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    path = _model(home / "mine" / "a.gguf")
    added: list[Any] = []
    library.add(path, name="coder", owner=library, done=added.append, failed=added.append)
    qtbot.waitUntil(lambda: bool(added), timeout=_WAIT_MS)
    library._preferences.folders = (path.parent,)
    entries = _settled(qtbot, library)
    assert list(entries) == ["coder"]
    assert entries["coder"].argument == "coder"


def test_two_files_of_one_name_are_told_apart(qtbot: QtBot, library: Library, home: Path) -> None:
    _model(home / "mine" / "one" / "a.gguf")
    _model(home / "mine" / "two" / "a.gguf")
    library._preferences.folders = (home / "mine",)
    assert list(_settled(qtbot, library)) == ["a", "a (two)"]


def test_a_file_that_is_no_model_says_why(qtbot: QtBot, library: Library, home: Path) -> None:
    _model(home / "mine" / "a.gguf").write_bytes(b"nothing")
    library._preferences.folders = (home / "mine",)
    entry = _settled(qtbot, library)["a"]
    assert entry.summary is None
    assert entry.problem
    assert entry.is_read


def test_a_named_model_whose_file_is_gone_says_so(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    path = _model(home / "mine" / "a.gguf")
    told: list[Any] = []
    library.add(path, owner=library, done=told.append, failed=told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=_WAIT_MS)
    path.unlink()
    entry = _scanned(qtbot, library)["a"]
    assert (entry.file_bytes, entry.problem) == (None, "Its file is gone.")


def test_a_model_is_added_and_removed_and_the_list_follows(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    path = _model(home / "mine" / "a.gguf")
    told: list[Any] = []
    library.add(path, owner=library, done=told.append, failed=told.append)
    qtbot.waitUntil(lambda: len(told) == 1, timeout=_WAIT_MS)
    assert list(_settled(qtbot, library)) == ["a"]
    library.remove("a", owner=library, done=told.append, failed=told.append)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=_WAIT_MS)
    assert _settled(qtbot, library) == {}
    assert path.exists()


def test_a_name_that_is_taken_is_refused_in_a_sentence(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    told: list[Any] = []
    for folder in ("one", "two"):
        path = _model(home / folder / "a.gguf")
        library.add(path, name="coder", owner=library, done=told.append, failed=told.append)
        qtbot.waitUntil(lambda: library._background.is_idle, timeout=_WAIT_MS)
    assert "is taken by" in told[1].problem


def test_names_are_listed_before_headers_are_read(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    for number in range(5):
        _model(home / "mine" / f"{number}.gguf")
    seen: list[int] = []
    library._cache.read, read = (  # type: ignore[method-assign]
        lambda path, machine: (
            seen.append(sum(not entry.is_read for entry in library.entries)),
            read(path, machine=machine),
        )[1],
        library._cache.read,
    )
    library._preferences.folders = (home / "mine",)
    _settled(qtbot, library)
    assert seen[-5:] == [5, 4, 3, 2, 1]


def test_headers_that_are_known_are_not_read_again(
    qtbot: QtBot, library: Library, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _model(home / "mine" / "a.gguf")
    library._preferences.folders = (home / "mine",)
    before = _settled(qtbot, library)["a"].summary
    monkeypatch.setattr(library._cache, "read", lambda *_, **__: pytest.fail("read again"))
    assert _scanned(qtbot, library)["a"].summary == before


def test_a_scan_wanted_during_a_scan_follows_it(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    _model(home / "mine" / "a.gguf")
    library._preferences.folders = (home / "mine",)
    _model(home / "mine" / "b.gguf")
    library.rescan()
    assert list(_settled(qtbot, library)) == ["a", "b"]


def test_a_damaged_list_of_names_is_told_and_keeps_what_was_shown(
    qtbot: QtBot, library: Library, home: Path
) -> None:
    (home / "kdedge_home").mkdir()
    (home / "kdedge_home" / "library.json").write_text("{")
    _scanned(qtbot, library)
    assert library.error is not None
    assert "cannot be read" in library.error.problem
