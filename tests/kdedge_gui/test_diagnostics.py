import zipfile
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.paths import writable_home
from kdedge_gui.diagnostics import Bundle, JobNote, Part, collect, without_home, write_bundle


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "ada"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def _bundle(user: Path) -> Bundle:
    job = JobNote(
        title="Benchmark",
        words=("kdedge", "evaluate", str(user / "model.gguf")),
        state="failed",
        problem=f"{user}/model.gguf is gone.",
        log=tuple(f"line {n}" for n in range(100)),
    )
    doctor = {"schema": "kdedge.doctor/1", "store": str(user / "kdedge.sqlite3")}
    return collect(doctor=doctor, jobs=[job], settings={"theme": "dark"})


def _text(bundle: Bundle, name: str) -> str:
    return next(part.text for part in bundle.parts if part.name == name)


def test_the_home_folder_is_written_as_a_tilde_everywhere(user: Path) -> None:
    (writable_home() / "app.log").write_text(f"ERROR cannot read {user}/x\n")
    bundle = _bundle(user)
    assert all(str(user) not in part.text for part in bundle.parts)
    assert "~/model.gguf is gone." in _text(bundle, "errors.txt")
    assert "~/kdedge.sqlite3" in _text(bundle, "doctor.json")
    assert "~/x" in _text(bundle, "app.log")


def test_of_a_long_log_only_the_last_lines_are_taken(user: Path) -> None:
    (writable_home() / "app.log").write_text("".join(f"entry {n}\n" for n in range(20_000)))
    lines = _text(_bundle(user), "app.log").splitlines()
    assert len(lines) == 500
    assert lines[-1] == "entry 19999"
    assert "line 59\n" not in _text(_bundle(user), "errors.txt")


def test_without_doctor_and_log_there_is_still_a_bundle(user: Path) -> None:
    bundle = collect(doctor=None, jobs=[], settings={})
    assert [part.name for part in bundle.parts] == [
        "versions.json", "settings.json", "errors.txt", "app.log",
    ]  # fmt: skip
    assert all(part.about for part in bundle.parts)


def test_the_file_holds_what_was_shown(user: Path) -> None:
    bundle = _bundle(user)
    path = user / "bundle.zip"
    write_bundle(bundle, path)
    with zipfile.ZipFile(path) as packed:
        held = {name: packed.read(name).decode() for name in packed.namelist()}
    assert held == {part.name: part.text for part in bundle.parts}


def test_a_folder_that_is_not_there_is_a_problem_in_words(user: Path) -> None:
    bundle = Bundle(parts=(Part(name="a.txt", about="", text=""),))
    with pytest.raises(KdedgeError):
        write_bundle(bundle, user / "none" / "bundle.zip")


def test_a_home_at_the_root_replaces_no_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    assert without_home("/a/b") == "/a/b"
