import json
from pathlib import Path

import pytest

from kdedge_gui.page_table import shown_pages
from kdedge_gui.shots.render import scenes_of
from kdedge_gui.shots.scene import RECORDED, Recorded

LARGEST_FILE_BYTES = 200_000


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    for name in ("profile-2", "profile-1", "profiles-3", "evaluate"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"name": name}))
    (tmp_path / "check.jsonl").write_text('{"event": "note"}\n{"event": "failed"}\n')
    return Recorded(tmp_path)


def test_documents_of_a_verb_come_in_the_order_of_their_names(recorded: Recorded) -> None:
    names = [each["name"] for each in recorded.documents("profile")]
    assert names == ["profile-1", "profile-2"]


def test_events_are_lines(recorded: Recorded) -> None:
    assert [each["event"] for each in recorded.events("check")] == ["note", "failed"]


def test_what_is_not_recorded_is_said(recorded: Recorded) -> None:
    with pytest.raises(ValueError, match="Nothing of kdedge quantize is recorded"):
        recorded.documents("quantize")
    with pytest.raises(ValueError, match=r"live\.jsonl is not recorded"):
        recorded.events("live")


def test_recorded_files_are_small_and_name_no_folder_of_the_machine_they_come_from() -> None:
    for path in RECORDED.rglob("*.*"):
        assert path.stat().st_size <= LARGEST_FILE_BYTES, path
        if path.suffix in {".json", ".jsonl", ".txt", ".md"}:
            text = path.read_text(encoding="utf-8")
            assert "/work/" not in text, path
            assert "/tmp/" not in text, path
            assert "/root/" not in text, path


def test_every_page_has_states_for_its_pictures() -> None:
    for spec in shown_pages():
        names = [scene.name for scene in scenes_of(spec)]
        assert names, spec.name
        assert len(names) == len(set(names)), spec.name
        assert "full" in names, spec.name
