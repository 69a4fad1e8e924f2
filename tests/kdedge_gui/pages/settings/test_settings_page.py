import copy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible, QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdedge_gui.jobs.process import Commands
from kdedge_gui.pages.home.last_look import keep_look, look_now
from kdedge_gui.pages.settings import SettingsPage
from kdedge_gui.pages.settings.scenes import SCENES
from kdedge_gui.pages.settings.shortcuts_card import keys_of
from kdedge_gui.preferences import Preferences
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.state import AppState

_FAKE = Path(__file__).parents[1] / "home" / "fake_kdedge.py"


@pytest.fixture
def state(qapp: QApplication) -> Iterator[AppState]:
    keep_look(look_now(_doctor()))
    made = AppState(commands=Commands(kdedge=(sys.executable, "-u", str(_FAKE))))
    made.themes.apply(qapp)
    yield made
    made.themes.set_text_percent(100)
    made.close()
    made.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> SettingsPage:
    made = SettingsPage(state)
    qtbot.addWidget(made)
    return made


def _doctor() -> dict[str, object]:
    return Recorded(RECORDED / "home").documents("doctor")[0]


def _with_gpu() -> dict[str, object]:
    document = copy.deepcopy(_doctor())
    document["runtime"]["devices"].append({"name": "Vulkan0", "kind": "gpu"})
    return document


def test_a_choice_holds_at_once_and_for_the_next_start(
    page: SettingsPage, state: AppState
) -> None:
    page.look.theme.set_value("dark")
    page.look.text_size.setValue(130)
    page.engine.threads.setValue(3)
    page.engine.context.setValue(8192)
    page.sandbox.timeout.setValue(25)
    assert state.themes.theme.name == "dark"
    assert state.themes.text_percent == 130
    page.left()
    kept = Preferences(path=state.preferences.path)
    assert (kept.theme, kept.text_percent, kept.threads) == ("dark", 130, 3)
    assert (kept.context_tokens, kept.sandbox_timeout_s) == (8192, 25)


def test_a_choice_made_elsewhere_is_shown(page: SettingsPage, state: AppState) -> None:
    state.preferences.text_percent = 120
    state.preferences.theme = "contrast"
    assert page.look.text_size.value() == 120
    assert page.look.theme.currentData() == "contrast"


def test_gpu_layers_are_offered_only_where_llama_cpp_can_use_a_gpu(page: SettingsPage) -> None:
    page.show_doctor(look_now(_doctor()))
    assert page.engine.gpu_field.isHidden()
    page.show_doctor(look_now(_with_gpu()))
    assert not page.engine.gpu_field.isHidden()
    page.engine.gpu_layers.setValue(-1)
    assert page.state.preferences.gpu_layers == -1


def test_folders_are_added_once_and_removed(
    page: SettingsPage, state: AppState, tmp_path: Path
) -> None:
    for folder in (tmp_path / "a", tmp_path / "b", tmp_path / "a"):
        page.folders.add_folder(folder)
    assert state.preferences.folders == (tmp_path / "a", tmp_path / "b")
    page.folders.list.item(0).setSelected(True)
    page.folders.remove_button.click()
    assert state.preferences.folders == (tmp_path / "b",)


def test_the_size_of_kdedges_folder_is_counted(qtbot: QtBot, page: SettingsPage) -> None:
    page.entered()
    qtbot.waitUntil(lambda: "files" in page.files.size_text)
    assert any(each.isdigit() for each in page.files.size_text)


def test_what_a_diagnostics_file_holds_is_shown_before_it_is_written(
    qtbot: QtBot, page: SettingsPage, tmp_path: Path
) -> None:
    page.entered()
    assert page.diagnostics.save_button.isHidden()
    page.diagnostics.collect_button.click()
    qtbot.waitUntil(lambda: page.diagnostics.bundle is not None)
    assert "versions.json" in page.diagnostics.list_text
    path = tmp_path / "report.zip"
    page.save_diagnostics(path)
    qtbot.waitUntil(path.is_file)
    qtbot.waitUntil(lambda: "report.zip is written" in page.banner.text)


def test_a_diagnostics_file_that_cannot_be_written_says_why(
    qtbot: QtBot, page: SettingsPage, tmp_path: Path
) -> None:
    page.collect_diagnostics()
    qtbot.waitUntil(lambda: page.diagnostics.bundle is not None)
    page.save_diagnostics(tmp_path / "none" / "report.zip")
    qtbot.waitUntil(lambda: page.banner.kind == "bad" and not page.banner.isHidden())
    assert "report.zip" in page.banner.text
    assert not (tmp_path / "none").exists()


def test_every_shortcut_of_the_window_is_listed_once(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    for text, keys in (("&Find…", "Ctrl+K"), ("Find", "Ctrl+K"), ("Mute", "")):
        action = QAction(text, window)
        action.setShortcut(QKeySequence(keys))
    found = keys_of(window.findChildren(QAction))
    assert [(each.keys, each.does) for each in found] == [("Ctrl+K", "Find")]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_can_be_arranged_and_its_controls_are_named(
    page: SettingsPage, scene: Scene
) -> None:
    scene.arrange(page, Recorded(RECORDED / "home"))
    page.show()
    kinds = (QAbstractButton, QAbstractItemView, QComboBox, QAbstractSpinBox)
    for widget in page.findChildren(QWidget):
        if isinstance(widget, kinds) and widget.isVisibleTo(page):
            face = QAccessible.queryAccessibleInterface(widget)
            assert face.text(QAccessible.Text.Name), widget
