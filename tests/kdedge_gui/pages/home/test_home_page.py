import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from kdedge.core.store import Store
from kdedge_gui.jobs.process import Commands
from kdedge_gui.pages.home import HomePage
from kdedge_gui.pages.home.check_card import Stage
from kdedge_gui.pages.home.last_look import keep_look, look_now
from kdedge_gui.pages.home.scenes import SCENES
from kdedge_gui.shots.scene import RECORDED, Recorded
from kdedge_gui.state import AppState
from kdedge_gui.wanted import ModelWanted, RunWanted
from tests.tiny_gguf import tiny_llama

_WAIT_MS = 60_000
_FAKE = Path(__file__).with_name("fake_kdedge.py")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kdedge"
    monkeypatch.setenv("KDEDGE_HOME", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FAKE_HOME", raising=False)
    return folder


@pytest.fixture
def state(qapp: QApplication, home: Path) -> Iterator[AppState]:
    made = AppState(commands=Commands(kdedge=(sys.executable, "-u", str(_FAKE))))
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> HomePage:
    made = HomePage(state)
    qtbot.addWidget(made)
    return made


def _until(qtbot: QtBot, page: HomePage, stage: Stage) -> None:
    qtbot.waitUntil(lambda: page.check.stage is stage, timeout=_WAIT_MS)


def _press(page: HomePage, words: str) -> None:
    buttons = [each for each in page.findChildren(QPushButton) if words in each.text()]
    (button,) = [each for each in buttons if not each.isHidden()]
    button.click()


def test_the_machine_is_looked_at_when_nothing_is_known(
    qtbot: QtBot, page: HomePage, home: Path
) -> None:
    page.entered()
    qtbot.waitUntil(lambda: "Ready" in page.machine.text, timeout=_WAIT_MS)
    qtbot.waitUntil((home / "cache" / "doctor.json").is_file, timeout=_WAIT_MS)


def test_a_fresh_look_is_shown_at_once_and_not_made_again(
    qtbot: QtBot, page: HomePage, state: AppState, home: Path
) -> None:
    keep_look(look_now(Recorded(RECORDED / "home").documents("doctor")[0]))
    page.entered()
    qtbot.waitUntil(lambda: "Ready" in page.machine.text, timeout=_WAIT_MS)
    assert state.jobs.all() == []


def test_a_look_that_fails_says_why_and_can_be_tried_again(
    qtbot: QtBot, page: HomePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_HOME", "fail")
    page.entered()
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)
    assert "llama.cpp cannot be asked." in page.banner.text
    monkeypatch.delenv("FAKE_HOME")
    _press(page, "Try again")
    qtbot.waitUntil(lambda: "Ready" in page.machine.text, timeout=_WAIT_MS)


def test_the_check_runs_and_ends_in_words_and_numbers(qtbot: QtBot, page: HomePage) -> None:
    _press(page, "two-minute check")
    _until(qtbot, page, Stage.RESULT)
    assert "The starter model writes" in page.check.text


def test_a_check_that_is_stopped_can_be_gone_on_with(
    qtbot: QtBot, page: HomePage, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_HOME", "hang")
    _press(page, "two-minute check")
    job = state.jobs.all()[0]
    qtbot.waitUntil(lambda: job.run_id is not None, timeout=_WAIT_MS)
    _press(page, "Stop")
    _until(qtbot, page, Stage.IDLE)
    monkeypatch.delenv("FAKE_HOME")
    _press(page, "Go on")
    assert "--resume" in state.jobs.all()[-1].spec.arguments
    _until(qtbot, page, Stage.RESULT)


def test_a_check_that_fails_says_so_on_the_page(
    qtbot: QtBot, page: HomePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_HOME", "fail")
    _press(page, "two-minute check")
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)
    assert "cut short" in page.banner.text
    assert page.check.stage is Stage.IDLE


def test_without_the_starter_model_no_check_is_offered(page: HomePage) -> None:
    document = Recorded(RECORDED / "home").documents("doctor")[0]
    page.show_look(look_now({**document, "starter_model": None}))
    assert page.check.stage is Stage.UNAVAILABLE
    page.show_check_idle(can_resume=False)
    assert page.check.stage is Stage.UNAVAILABLE


def test_a_click_on_a_run_opens_it(qtbot: QtBot, page: HomePage, state: AppState) -> None:
    with Store.open() as store:
        made = store.begin_run(verb="evaluate", key="k", subject={"suite": "humaneval"})
        store.finish_run(made.run_id, status="done", document={})
    page.read_runs()
    qtbot.waitUntil(lambda: page.runs.table.rowCount() == 1, timeout=_WAIT_MS)
    with qtbot.waitSignal(state.page_wanted) as wanted:
        page.runs.view.clicked.emit(page.runs.table.index(0, 0))
    assert wanted.args == ["benchmark", RunWanted(run_id=made.run_id)]


def test_a_dropped_model_goes_to_the_library_and_is_shown(
    qtbot: QtBot, page: HomePage, state: AppState, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(1, 1), Qt.DropAction.CopyAction, data, button, keys)
    page.dragEnterEvent(entering)
    assert entering.isAccepted()
    with qtbot.waitSignal(state.page_wanted, timeout=_WAIT_MS) as wanted:
        page.dropEvent(QDropEvent(QPointF(1, 1), Qt.DropAction.CopyAction, data, button, keys))
    assert wanted.args == ["models", ModelWanted(path=path)]


def test_a_dropped_file_of_another_kind_is_not_taken(page: HomePage, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    entering = QDragEnterEvent(
        QPoint(1, 1), Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    entering.ignore()
    page.dragEnterEvent(entering)
    assert not entering.isAccepted()


def test_a_file_that_is_no_model_is_refused_in_a_sentence(
    qtbot: QtBot, page: HomePage, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGML")
    page.open_file(path)
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)
    assert "is not a GGUF file" in page.banner.text


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the off-screen platform has no windows
def test_a_file_is_chosen_in_a_dialog_that_does_not_block(page: HomePage) -> None:
    page.choose_file()
    (dialog,) = page.findChildren(QFileDialog)
    assert dialog.isVisible()
    dialog.reject()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: str(scene.name))
def test_every_recorded_state_can_be_shown_without_a_job_or_a_thread(
    page: HomePage, state: AppState, scene: object
) -> None:
    scene.arrange(page, Recorded(RECORDED / "home"))  # type: ignore[attr-defined]
    page.grab()
    assert state.jobs.all() == []
