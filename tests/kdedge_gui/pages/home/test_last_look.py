import json
from pathlib import Path

import pytest

from kdedge_gui.pages.home.last_look import Look, keep_look, look_now, read_look

_DOCUMENT = {"schema": "kdedge.doctor/1", "machine": {}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "kdedge"))
    return tmp_path / "kdedge"


def test_a_look_comes_back_with_its_time() -> None:
    look = look_now(_DOCUMENT)
    keep_look(look)
    assert read_look() == look
    assert look.age_s() >= 0


def test_there_is_none_before_the_first() -> None:
    assert read_look() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        json.dumps({"at": "yesterday", "document": _DOCUMENT}),
        json.dumps({"at": "2026-11-24T12:00:00", "document": _DOCUMENT}),
        json.dumps({"at": "2026-11-24T12:00:00+00:00", "document": {"schema": "other/1"}}),
    ],
)
def test_what_cannot_be_used_counts_as_none(folder: Path, text: str) -> None:
    (folder / "cache").mkdir(parents=True)
    (folder / "cache" / "doctor.json").write_text(text)
    assert read_look() is None


def test_a_folder_that_cannot_be_written_only_keeps_nothing(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    keep_look(Look(at="2026-11-24T12:00:00+00:00", document=_DOCUMENT))
    assert read_look() is None
