"""Every page in every state: drawn, not blank, nothing cut, and as it was.

The references are small copies of some pictures; ``python -m tests.kdedge_gui.shots.references``
makes them anew after a wanted change, to be looked at before they are committed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from kdedge_gui.page_table import shown_pages
from kdedge_gui.shots.render import SIZE, looks_of, scenes_of
from tests.kdedge_gui.shots.references import (
    FOLDER,
    NAMES,
    largest_difference,
    mean_difference,
    small,
)

LEAST_COLOURS = 12
MEAN_TOLERANCE = 3.0
BLOCK_TOLERANCE = 40.0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    folder = tmp_path_factory.mktemp("shots")
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    found = subprocess.run(
        [sys.executable, "-m", "kdedge", "app", "--shots", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    found.args = folder
    return found


def _expected() -> set[str]:
    return {
        f"{spec.name}-{scene.name}-{look.suffix}.png"
        for spec in shown_pages()
        for scene in scenes_of(spec)
        for look in looks_of(scene, scenes_of(spec))
    }


def test_every_page_is_drawn_in_every_state_and_look(
    drawn: "subprocess.CompletedProcess[str]",
) -> None:
    assert drawn.returncode == 0, drawn.stderr
    assert {path.name for path in Path(drawn.args).iterdir()} == _expected()
    assert set(drawn.stdout.split()) == _expected()


def test_no_text_is_cut(drawn: "subprocess.CompletedProcess[str]") -> None:
    assert [line for line in drawn.stderr.splitlines() if ": cut: " in line] == []


def test_no_picture_is_blank(drawn: "subprocess.CompletedProcess[str]") -> None:
    for path in Path(drawn.args).iterdir():
        picture = QImage(str(path))
        assert (picture.width(), picture.height()) == SIZE, path.name
        page = picture.copy(SIZE[0] // 4, 60, SIZE[0] * 3 // 4, SIZE[1] - 120)
        colours = {page.pixel(x, y) for x in range(0, 900, 5) for y in range(0, 660, 5)}
        assert len(colours) >= LEAST_COLOURS, path.name


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_as_they_were(drawn: "subprocess.CompletedProcess[str]", name: str) -> None:
    now = small(QImage(str(Path(drawn.args) / name)))
    before = QImage(str(FOLDER / name))
    assert not before.isNull(), f"{name} is not among the references"
    assert mean_difference(before, now) <= MEAN_TOLERANCE
    assert largest_difference(before, now) <= BLOCK_TOLERANCE


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = subprocess.run(
        [sys.executable, "-m", "kdedge", "app", "--shots", str(tmp_path / "file" / "shots")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    assert found.stderr.startswith("error: ")
    assert "hint: " in found.stderr
