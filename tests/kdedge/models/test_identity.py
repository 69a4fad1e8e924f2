import hashlib
import json
import os
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import Event, Progress
from kdedge.models.identity import sha256_of


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just written count as old enough to remember."""
    monkeypatch.setattr("kdedge.models.identity._SETTLED_S", -1.0)


def a_file(tmp_path: Path, content: bytes = b"weights") -> Path:
    (tmp_path / "model.gguf").write_bytes(content)
    return tmp_path / "model.gguf"


def reads_of(path: Path) -> list[Event]:
    events: list[Event] = []
    sha256_of(path, sink=events.append)
    return events


def test_the_sum_is_that_of_the_content(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    assert sha256_of(a_file(tmp_path, content)) == hashlib.sha256(content).hexdigest()


@pytest.mark.usefixtures("settled")
def test_a_file_that_did_not_change_is_read_once(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    first = reads_of(path)
    assert isinstance(first[-1], Progress)
    assert reads_of(path) == []
    assert sha256_of(path) == hashlib.sha256(b"weights").hexdigest()


@pytest.mark.usefixtures("settled")
def test_a_changed_file_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    sha256_of(path)
    status = path.stat()
    path.write_bytes(b"WEIGHTS")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert sha256_of(path) == hashlib.sha256(b"WEIGHTS").hexdigest()


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path, home: Path) -> None:
    sha256_of(a_file(tmp_path))
    assert not (home / "sha256.json").exists()


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 3}'])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, home: Path, content: str) -> None:
    home.mkdir()
    (home / "sha256.json").write_text(content)
    path = a_file(tmp_path)
    assert sha256_of(path) == hashlib.sha256(b"weights").hexdigest()
    assert str(path) in json.loads((home / "sha256.json").read_text())


@pytest.mark.usefixtures("settled")
def test_a_home_that_cannot_be_written_only_makes_it_slower(tmp_path: Path, home: Path) -> None:
    home.write_text("a file, not a folder")
    assert sha256_of(a_file(tmp_path)) == hashlib.sha256(b"weights").hexdigest()


def test_a_file_that_grows_meanwhile_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path)

    def grow(event: Event) -> None:
        with path.open("ab") as file:
            file.write(b"more")
            os.utime(path, ns=(0, 0))

    with pytest.raises(KdedgeError, match="changed while it was read"):
        sha256_of(path, sink=_only_once(grow))


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="cannot be read"):
        sha256_of(tmp_path / "none")


def _only_once(act):  # noqa: ANN001, ANN202 - a wrapper of a sink
    done = []

    def sink(event: Event) -> None:
        if not done:
            done.append(event)
            act(event)

    return sink
