from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from kdedge_gui.preferences import Preferences


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "app.ini"


def test_what_was_chosen_is_there_at_the_next_start(path: Path) -> None:
    first = Preferences(path=path)
    first.theme = "dark"
    first.text_percent = 150
    first.folders = (Path("/models/a, b"), Path("/ä"))
    first.geometry = QByteArray(b"\x00\x01")
    first.log_is_shown = True
    assert first.is_saved()
    second = Preferences(path=path)
    assert (second.theme, second.text_percent) == ("dark", 150)
    assert second.folders == (Path("/models/a, b"), Path("/ä"))
    assert second.geometry == QByteArray(b"\x00\x01")
    assert second.log_is_shown


def test_one_folder_stays_one_folder(path: Path) -> None:
    first = Preferences(path=path)
    first.folders = (Path("/models"),)
    assert first.is_saved()
    assert Preferences(path=path).folders == (Path("/models"),)
    first.folders = ()
    assert first.is_saved()
    assert Preferences(path=path).folders == ()


def test_a_change_is_told_by_its_name_once(path: Path) -> None:
    preferences = Preferences(path=path)
    names: list[str] = []
    preferences.changed.connect(names.append)
    preferences.threads = 4
    preferences.threads = 4
    assert names == ["threads"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("theme", "pink"), ("text_percent", 79), ("threads", -1), ("context_tokens", 1)],
)
def test_a_value_that_does_not_fit_is_refused(path: Path, name: str, value: object) -> None:
    with pytest.raises(ValueError, match=str(value)):
        setattr(Preferences(path=path), name, value)


def test_a_file_edited_by_hand_falls_back_to_the_defaults(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(
        "[look]\ntheme=pink\ntext_percent=huge\n[window]\nlog_is_shown=perhaps\ngeometry=3\n"
        "[engine]\nthreads=-7\n"
    )
    preferences = Preferences(path=path)
    assert (preferences.theme, preferences.text_percent) == ("system", 100)
    assert (preferences.threads, preferences.log_is_shown) == (0, False)
    assert preferences.geometry == QByteArray()


def test_a_folder_that_cannot_be_written_keeps_choices_until_the_end(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")
    preferences = Preferences(path=path)
    preferences.theme = "dark"
    assert not preferences.is_saved()
    assert preferences.theme == "dark"


def test_reset_forgets_every_choice_and_says_so(path: Path) -> None:
    preferences = Preferences(path=path)
    preferences.theme = "dark"
    names: list[str] = []
    preferences.changed.connect(names.append)
    preferences.reset()
    assert preferences.theme == "system"
    assert "theme" in names
