import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdedge_gui.jobs.process import Commands
from kdedge_gui.pages.convert import ConvertPage
from kdedge_gui.pages.convert.page import _source_in
from kdedge_gui.pages.convert.scenes import SCENES
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.state import AppState
from kdedge_gui.wanted import ModelsWanted, ModelWanted
from tests.tiny_gguf import U32, entry, tiny_llama

_WAIT_MS = 60_000
_FAKE = Path(__file__).with_name("fake_kdedge.py")


@pytest.fixture
def state(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppState]:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "kdedge"))
    monkeypatch.delenv("FAKE_CONVERT", raising=False)
    made = AppState(commands=Commands(kdedge=(sys.executable, "-u", str(_FAKE))))
    made.themes.apply(qapp)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> Iterator[ConvertPage]:
    made = ConvertPage(state)
    qtbot.addWidget(made)
    yield made
    made.close_page()


@pytest.fixture
def master(tmp_path: Path) -> Path:
    path = tmp_path / "model.F32.gguf"
    _write_master(path)
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "student"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def _write_master(path: Path) -> None:
    file = tiny_llama()
    file.entries[2] = entry("general.file_type", U32, 0)
    path.write_bytes(file.to_bytes())


def _plan(qtbot: QtBot, page: ConvertPage, source: Path) -> None:
    page.set_source(source)
    qtbot.waitUntil(page.plan_card.start_button.isEnabled, timeout=_WAIT_MS)


def _run(qtbot: QtBot, page: ConvertPage) -> None:
    page.plan_card.start_button.click()
    assert page.runner.is_running
    qtbot.waitUntil(lambda: not page.runner.is_running, timeout=_WAIT_MS)


def _shown(page: ConvertPage) -> list[str]:
    table = page.result_card.table
    return [table.index(row, 0).data() for row in range(table.rowCount())]


def test_a_master_is_planned_before_anything_is_written(
    qtbot: QtBot, page: ConvertPage, master: Path
) -> None:
    _plan(qtbot, page, master)
    assert page.plan_card.types.ticked == ("Q8_0", "Q4_0")
    assert "Writes 2 files, 226" in page.plan_card.summary
    assert f"kdedge quantize {master}" in page.plan_card.commands.text
    assert list(master.parent.glob("*.gguf")) == [master]


def test_types_are_made_measured_and_shown_with_their_divergence(
    qtbot: QtBot, page: ConvertPage, master: Path
) -> None:
    _plan(qtbot, page, master)
    _run(qtbot, page)
    assert _shown(page) == ["Q8_0", "Q4_0"]
    assert page.result_card.table.index(0, 3).data() == "0.0049"
    assert (master.parent / "model.Q4_0.gguf").is_file()
    assert page.plan_card.start_button.isEnabled()
    assert "Replaces model.Q8_0.gguf, model.Q4_0.gguf" in page.plan_card.summary


def test_a_type_that_needs_an_imatrix_can_be_ticked_once_there_will_be_one(
    qtbot: QtBot, page: ConvertPage, master: Path
) -> None:
    _plan(qtbot, page, master)
    page.plan_card.types.set_ticked(["IQ2_M"])
    assert page.plan_card.types.ticked == ()
    assert "Tick at least one type" in page.plan_card.summary
    page.plan_card.form.imatrix.set_value("gather")
    page.plan_card.form.imatrix.activated.emit(1)
    qtbot.waitUntil(page.plan_card.start_button.isEnabled, timeout=_WAIT_MS)
    assert page.plan_card.types.ticked == ("IQ2_M",)
    _run(qtbot, page)
    assert (master.parent / "model.imatrix.gguf").is_file()


def test_a_checkpoint_is_proven_and_becomes_the_next_source(
    qtbot: QtBot, page: ConvertPage, checkpoint: Path
) -> None:
    _plan(qtbot, page, checkpoint)
    assert "llama" in page.source_card.text
    assert page.command_text.startswith(f"kdedge convert {checkpoint} -o")
    _run(qtbot, page)
    assert page.result_card.proof_text.startswith("Proof met: NMSE")
    made = checkpoint.parent / "student.F32.gguf"
    assert made.is_file()
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)  # no real GGUF file


def test_a_proof_that_is_not_met_is_shown_and_nothing_is_made(
    qtbot: QtBot, page: ConvertPage, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_CONVERT", "unproven")
    _plan(qtbot, page, checkpoint)
    _run(qtbot, page)
    assert page.result_card.proof_text.startswith("Proof not met")
    assert "It was not written." in page.banner.text
    assert page.source == checkpoint


def test_a_folder_that_is_no_checkpoint_is_refused_in_kdedges_words(
    qtbot: QtBot, page: ConvertPage, tmp_path: Path
) -> None:
    page.set_source(tmp_path)
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)
    assert "There is no file config.json." in page.source_card.text
    assert page.plan_card.isHidden()


def test_a_file_that_is_no_gguf_is_refused(
    qtbot: QtBot, page: ConvertPage, tmp_path: Path
) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"nothing")
    page.set_source(path)
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)
    assert page.source is None


def test_stopping_ends_the_sequence_and_leaves_no_file(
    qtbot: QtBot, page: ConvertPage, master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_CONVERT", "hang")
    _plan(qtbot, page, master)
    page.plan_card.start_button.click()
    card = page.result_card
    qtbot.waitUntil(lambda: "output.weight" in card.progress_text, timeout=_WAIT_MS)
    assert not page.plan_card.start_button.isEnabled()
    card.stop_button.click()
    qtbot.waitUntil(lambda: not page.runner.is_running, timeout=_WAIT_MS)
    assert len([job for job in page.state.jobs.all() if "--plan" not in job.spec.arguments]) == 1
    assert list(master.parent.glob("*.gguf")) == [master]
    assert page.plan_card.start_button.isEnabled()


def test_a_failure_ends_the_sequence_and_can_be_tried_again(
    qtbot: QtBot, page: ConvertPage, master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_CONVERT", "fail")
    _plan(qtbot, page, master)
    _run(qtbot, page)
    assert "The disk is full." in page.banner.text
    monkeypatch.delenv("FAKE_CONVERT")
    page.start()
    qtbot.waitUntil(lambda: not page.runner.is_running, timeout=_WAIT_MS)
    assert _shown(page) == ["Q8_0", "Q4_0"]


def test_a_choice_is_made_by_limits_and_can_be_reported(
    qtbot: QtBot, page: ConvertPage, master: Path
) -> None:
    _plan(qtbot, page, master)
    page.plan_card.form.set_mode("choose")
    assert "at least one limit" in page.plan_card.summary
    page.plan_card.form.set_limits(max_kl=0.05)
    assert page.command_text.endswith(f"--json {master.parent / 'model.choice.json'}")
    _run(qtbot, page)
    choice = master.parent / "model.choice.json"
    qtbot.waitUntil(choice.is_file, timeout=_WAIT_MS)
    assert _shown(page) == ["Q8_0", "Q4_0"]
    page.result_card.report_button.click()
    qtbot.waitUntil(choice.with_suffix(".html").is_file, timeout=_WAIT_MS)
    qtbot.waitUntil(lambda: "is written" in page.banner.text, timeout=_WAIT_MS)


def test_what_was_made_goes_to_the_benchmark(
    qtbot: QtBot, page: ConvertPage, state: AppState, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.gguf", tmp_path / "b.gguf"]
    for path in paths:
        _write_master(path)
    told: list[tuple[str, object]] = []
    state.page_wanted.connect(lambda name, payload: told.append((name, payload)))
    page.handing_on.benchmark(paths)
    qtbot.waitUntil(lambda: bool(told), timeout=_WAIT_MS)
    assert told == [("benchmark", ModelsWanted(paths=tuple(paths)))]


def test_a_model_wanted_by_another_page_becomes_the_source(
    qtbot: QtBot, page: ConvertPage, master: Path
) -> None:
    page.entered(ModelWanted(path=master))
    qtbot.waitUntil(page.plan_card.start_button.isEnabled, timeout=_WAIT_MS)
    assert page.source == master


def test_folders_and_gguf_files_can_be_dropped(tmp_path: Path) -> None:
    def dropped(path: Path) -> Path | None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        return _source_in(data)

    assert dropped(tmp_path) == tmp_path
    assert dropped(tmp_path / "a.gguf") == tmp_path / "a.gguf"
    assert dropped(tmp_path / "a.txt") is None


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_can_be_arranged_and_its_controls_are_named(
    page: ConvertPage, scene: Scene
) -> None:
    scene.arrange(page, Recorded(RECORDED / "convert"))
    page.show()
    kinds = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QAbstractSpinBox)
    for widget in page.findChildren(QWidget):
        parent = widget.parentWidget()
        is_part = isinstance(parent, QAbstractSpinBox | QAbstractItemView)
        if isinstance(widget, kinds) and widget.isVisibleTo(page) and not is_part:
            face = QAccessible.queryAccessibleInterface(widget)
            assert face.text(QAccessible.Text.Name), widget


@pytest.mark.parametrize(
    "path", sorted((RECORDED / "convert").iterdir()), ids=lambda path: path.name
)
def test_recorded_files_hold_no_path_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text
    assert not any(each in text for each in ("/root", "/home", "/tmp"))
