import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from kdedge.core.errors import KdedgeError
from kdedge.core.store import Store
from kdedge_gui.jobs.process import Commands
from kdedge_gui.models.library_table import Column, Room, RowMaker
from kdedge_gui.pages.models import ModelsPage
from kdedge_gui.pages.models.library_view import LibraryView
from kdedge_gui.pages.models.scenes import SCENES
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.state import AppState
from kdedge_gui.wanted import ModelWanted
from tests.kdedge_gui.children import fake_commands
from tests.kdedge_gui.models.cases import FOOTPRINT, GIB, entry
from tests.tiny_gguf import STRING, tiny_llama
from tests.tiny_gguf import entry as gguf_entry

_WAIT_MS = 60_000
_FAKE = Path(__file__).with_name("fake_kdedge.py")
_ROOM = Room(available_bytes=8 * GIB, total_bytes=16 * GIB)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kdedge"
    monkeypatch.setenv("KDEDGE_HOME", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "OLLAMA_MODELS", "FAKE_MODELS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def state(qapp: QApplication, home: Path) -> Iterator[AppState]:
    fakes = Commands(
        kdedge=(sys.executable, "-u", str(_FAKE)), worker=fake_commands(worker="normal").worker
    )
    made = AppState(commands=fakes)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> ModelsPage:
    made = ModelsPage(state)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    licence = gguf_entry("general.license", STRING, "apache-2.0")
    path.write_bytes(tiny_llama(more={"licence": licence}).to_bytes())
    return path


def _add(qtbot: QtBot, page: ModelsPage, path: Path) -> None:
    """Add a model, and wait until it is chosen and its header is read."""
    page.state.start()
    page.entered()
    page.add_files([str(path)])
    qtbot.waitUntil(lambda: page.details.text.startswith(path.stem), timeout=_WAIT_MS)
    qtbot.waitUntil(lambda: "It needs" in page.details.memory.bar.spoken(), timeout=_WAIT_MS)


def _press(page: ModelsPage, words: str) -> None:
    buttons = [
        each
        for each in page.findChildren(QPushButton)
        if words in each.text().replace("&", "") and not each.isHidden()
    ]
    buttons[0].click()


def test_a_model_that_is_added_is_chosen_and_told_in_full(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    _add(qtbot, page, model)
    row = page.list.current_row()
    assert row is not None
    assert row.cells[Column.ARCHITECTURE].text == "llama"
    qtbot.waitUntil(lambda: "apache-2.0" in page.details.lineage_text, timeout=_WAIT_MS)
    assert page.command_text == "kdedge models show tiny --context 1024"


def test_more_context_and_sequences_change_the_forecast_and_the_command(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    _add(qtbot, page, model)
    before = page.details.memory.bar.spoken()
    page.details.memory.set_wanted(1024, n_sequences=64)
    qtbot.waitUntil(lambda: page.details.memory.bar.spoken() != before, timeout=_WAIT_MS)
    assert page.command_text == "kdedge models show tiny --context 1024 --sequences 64"


def test_a_file_that_is_no_model_is_refused_in_a_sentence(
    qtbot: QtBot, page: ModelsPage, tmp_path: Path
) -> None:
    path = tmp_path / "notes.gguf"
    path.write_bytes(b"notes")
    page.add_files([str(path)])
    qtbot.waitUntil(lambda: not page.banner.isHidden(), timeout=_WAIT_MS)
    assert "is not a GGUF file" in page.banner.text


def test_a_folder_is_listed_from_now_on_and_only_once(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    page.state.start()
    page.entered()
    page.add_folder(str(model.parent))
    page.add_folder(str(model.parent))
    assert page.state.preferences.folders == (model.parent,)
    qtbot.waitUntil(lambda: page.list.table.index_of(str(model)).isValid(), timeout=_WAIT_MS)


def test_home_can_ask_for_a_model_that_is_not_listed_yet(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    page.entered(ModelWanted(path=model))
    rows = RowMaker().rows([entry("a"), entry("b", path=model)], results={}, room=_ROOM)
    page.show_rows(rows)
    row = page.list.current_row()
    assert row is not None
    assert row.key == str(model)


def test_the_measured_memory_of_the_newest_profile_stands_beside_the_forecast(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    document = Recorded(RECORDED / "models").documents("profile")[0]
    with Store.open() as store:
        subject = {"model": {"name": "Tiny", "path": str(model), "sha256": "ab" * 32}}
        made = store.begin_run(verb="profile", key="k", subject=subject)
        store.finish_run(made.run_id, status="done", document=document)
    _add(qtbot, page, model)
    qtbot.waitUntil(lambda: "Profiled" in page.details.memory.measured_text, timeout=_WAIT_MS)
    assert "context" in page.details.memory.measured_text


def test_a_model_that_does_not_fit_can_be_loaded_anyway_after_it_was_said(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    _add(qtbot, page, model)
    short = replace(FOOTPRINT, fit="short", short_by_bytes=GIB)
    page.show_forecast(short)
    assert "short by 1.00\u00a0GiB" in page.details.load.text
    _press(page, "Load anyway")
    qtbot.waitUntil(lambda: page.state.engine.state == "ready", timeout=_WAIT_MS)
    assert page.state.engine.model_path == model


def test_a_loaded_model_can_be_unloaded_and_talked_to(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    _add(qtbot, page, model)
    _press(page, "Load")
    qtbot.waitUntil(lambda: page.state.engine.state == "ready", timeout=_WAIT_MS)
    with qtbot.waitSignal(page.state.page_wanted) as wanted:
        _press(page, "Open the assistant")
    assert wanted.args == ["assistant", None]
    _press(page, "Unload")
    qtbot.waitUntil(lambda: page.state.engine.state == "empty", timeout=_WAIT_MS)
    assert page.details.load.text == ""


def test_a_context_that_cannot_be_told_hides_the_bar_and_says_why(page: ModelsPage) -> None:
    page.show_chosen(entry())
    page.show_forecast(KdedgeError("A mamba cannot be predicted.", hint="Profile it."))
    assert page.details.memory.bar.spoken() == "A mamba cannot be predicted. Profile it."


def test_the_chosen_model_stays_chosen_through_a_filter_that_shows_it(page: ModelsPage) -> None:
    rows = RowMaker().rows([entry("a"), entry("ab"), entry("b")], results={}, room=_ROOM)
    page.show_rows(rows)
    page.list.choose("/models/ab.gguf")
    page.list.set_filter("b")
    row = page.list.current_row()
    assert row is not None
    assert row.entry.name == "ab"


def test_without_a_model_that_matches_nothing_is_chosen(page: ModelsPage) -> None:
    page.show_rows(RowMaker().rows([entry("a")], results={}, room=_ROOM))
    page.list.set_filter("zzz")
    assert page.list.is_empty
    assert page.details.isHidden()
    assert page.command_text == "kdedge models list"


def test_a_model_of_another_program_is_not_offered_to_be_removed(page: ModelsPage) -> None:
    page.show_chosen(entry(origin="ollama"))
    assert not page.actions_of_model.remove.isVisible()
    page.show_chosen(entry(origin="added"))
    assert page.actions_of_model.remove.isVisible()


def test_a_file_that_is_gone_can_only_be_forgotten(page: ModelsPage) -> None:
    page.show_chosen(entry(file_bytes=None, summary=None, problem="Its file is gone."))
    shown = [action.text() for action in page.actions_of_model.all if action.isVisible()]
    assert shown == ["&Copy the path", "&Remove from the list…"]
    buttons = page.details.load.findChildren(QPushButton)
    assert [each.text() for each in buttons if not each.isHidden()] == ["&More"]


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the off-screen platform has no windows
def test_a_model_is_forgotten_after_a_question_and_its_file_stays(
    qtbot: QtBot, page: ModelsPage, model: Path
) -> None:
    _add(qtbot, page, model)
    page.actions_of_model.remove.trigger()
    (dialog,) = page.findChildren(QDialog)
    dialog.accept()
    index_of = page.list.table.index_of
    qtbot.waitUntil(lambda: not index_of(str(model)).isValid(), timeout=_WAIT_MS)
    assert model.is_file()


def test_a_model_is_benchmarked_on_the_benchmark_page(
    qtbot: QtBot, page: ModelsPage, state: AppState
) -> None:
    page.show_chosen(entry())
    with qtbot.waitSignal(state.page_wanted) as wanted:
        page.actions_of_model.benchmark.trigger()
    assert wanted.args == ["benchmark", ModelWanted(path=entry().path)]


@pytest.mark.parametrize(
    ("behaviour", "words", "kind"),
    [("", "is the file that was recorded when it was added", "good"),
     ("differs", "is not the file that was recorded when it was added", "warning"),
     ("fail", "The hub cannot be reached.", "bad")],
)  # fmt: skip
def test_what_a_check_of_the_file_found_is_said(
    qtbot: QtBot,
    page: ModelsPage,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    words: str,
    kind: str,
) -> None:
    monkeypatch.setenv("FAKE_MODELS", behaviour)
    page.show_chosen(entry())
    page.actions_of_model.verify.trigger()
    qtbot.waitUntil(lambda: words in page.banner.text, timeout=_WAIT_MS)
    assert page.banner.kind == kind


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_files_and_folders_are_chosen_in_dialogs_that_do_not_block(page: ModelsPage) -> None:
    for choose in (page.choose_file, page.choose_folder):
        choose()
        dialog = page.findChildren(QFileDialog)[-1]
        assert dialog.isVisible()
        dialog.reject()


def test_columns_that_the_details_tell_are_left_away_where_there_is_no_room(
    qtbot: QtBot, state: AppState
) -> None:
    listed = LibraryView(state.themes, ())
    qtbot.addWidget(listed)
    listed.show_rows(RowMaker().rows([entry("a")], results={}, room=_ROOM), is_scanning=False)
    for width, hidden in ((3000, False), (300, True)):
        listed.resize(width, 300)
        listed.grab()  # lays out
        assert listed.view.isColumnHidden(Column.ARCHITECTURE) is hidden
        assert not listed.view.isColumnHidden(Column.FIT)


def test_every_action_of_the_page_is_in_the_palette(page: ModelsPage) -> None:
    words = [action.text() for action in page.page_actions()]
    assert "Add a file…" in words
    assert "Find a model" in words


def test_keys_reach_the_filter_and_the_table(qtbot: QtBot, page: ModelsPage) -> None:
    page.show_rows(RowMaker().rows([entry("a"), entry("b")], results={}, room=_ROOM))
    page.list.view.setFocus()
    qtbot.keyClick(page.list.view, Qt.Key.Key_Down)
    row = page.list.current_row()
    assert row is not None
    assert row.entry.name == "b"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: str(scene.name))
def test_every_recorded_state_can_be_shown_without_a_job(
    page: ModelsPage, state: AppState, scene: Scene
) -> None:
    scene.arrange(page, Recorded(RECORDED / "models"))
    page.grab()
    assert state.jobs.all() == []
