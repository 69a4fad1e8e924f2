from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QPlainTextEdit,
    QProgressBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdedge_gui.engine.ask import WorkerMemory
from kdedge_gui.pages.assistant import AssistantPage
from kdedge_gui.pages.assistant.content import Content
from kdedge_gui.pages.assistant.scenes import SCENES
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.state import AppState
from kdedge_gui.wanted import ModelWanted
from tests.kdedge_gui.pages.assistant.fake_engine import MODEL, FakeEngine

FOLDER = RECORDED / "assistant"


def test_without_a_model_the_page_offers_to_load_the_first(
    page: AssistantPage, engine: FakeEngine
) -> None:
    assert page.content is Content.NO_MODEL
    assert "tiny is picked" in page.instead.text
    page.desk.load()
    assert engine.loads == [(MODEL, 4096)]
    assert page.content is Content.LOADING
    assert "Loading tiny" in page.strip.text


def test_without_any_model_the_page_says_where_to_get_one(
    page: AssistantPage, state: AppState, qtbot: QtBot
) -> None:
    state.library.entries = ()
    state.library.changed.emit()
    assert "no model on this machine" in page.instead.text
    with qtbot.waitSignal(state.page_wanted) as wanted:
        (button,) = [
            each for each in page.instead.findChildren(QAbstractButton) if each.isVisibleTo(page)
        ]
        button.click()
    assert wanted.args == ["models", None]


def test_loading_shows_its_progress_and_can_be_stopped(
    page: AssistantPage, engine: FakeEngine
) -> None:
    page.desk.load()
    engine.load_progress.emit(0.43)
    assert "43" in page.strip.text
    page.strip.stop_wanted.emit()
    assert engine.n_stops == 1


def test_another_page_can_say_which_model(page: AssistantPage, engine: FakeEngine) -> None:
    (other,) = [each.path for each in page.state.library.entries if each.name == "other"]
    page.entered(ModelWanted(path=other))
    page.desk.load()
    assert engine.loads == [(other, 4096)]


def test_a_model_that_took_the_engine_down_is_named_before_it_is_loaded_again(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.deaths[MODEL] = "the process crashed inside llama.cpp."
    page.desk.refresh()
    assert "crashed inside llama.cpp" in page.strip.text
    assert any("anyway" in each.text() for each in page.picker.findChildren(QAbstractButton))


def test_a_model_without_chat_template_sends_one_to_complete(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have(has_chat_template=False)
    assert "no chat template" in page.instead.text
    page.choose_mode("completion")
    assert page.content is Content.COMPLETION


def test_a_model_without_fim_tokens_says_so(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have(has_fim=False)
    page.choose_mode("fill")
    assert "no fill-in-the-middle tokens" in page.instead.text


def test_a_worker_that_does_not_answer_can_be_restarted(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    engine.not_responding.emit()
    assert "has not answered" in page.banner.text
    engine.responding.emit()
    assert page.banner.isHidden()
    engine.not_responding.emit()
    (restart,) = [
        each for each in page.banner.findChildren(QAbstractButton) if "Restart" in each.text()
    ]
    restart.click()
    assert engine.n_restarts == 1


def test_a_failure_from_before_the_first_visit_is_told(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.die("It ran out of memory.")
    page.banner.clear()
    page.entered()
    assert "ran out of memory" in page.banner.text


def test_live_numbers_are_shown_while_the_model_is_loaded(
    page: AssistantPage, engine: FakeEngine
) -> None:
    assert page.live.isHidden()
    engine.have()
    engine.memory.emit(WorkerMemory(rss_bytes=3 * 1024**2))
    page.chat.ask("Why?")
    engine.tell_live(n_tokens=4)
    assert page.live.text == (
        "950 of 1,000 tokens · First token 250\u00a0ms · 20.0\u00a0tokens/s · Memory 3.00\u00a0MiB"
    )
    engine.finish()
    assert page.live.text.startswith("41 of 1,000 tokens")
    engine.unload()
    assert page.live.isHidden()


def test_chats_have_no_command_line_to_show(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    assert page.command_text == ""


def test_actions_are_offered_only_where_they_do_something(
    page: AssistantPage, engine: FakeEngine
) -> None:
    names = {action.text() for action in page.page_actions()}
    assert "Stop the model" not in names
    engine.have()
    page.chat.ask("Why?")
    assert page.tools.stop in page.page_actions()
    assert page.tools.again not in page.page_actions()
    engine.say("x")
    engine.finish()
    assert page.tools.again in page.page_actions()


def test_parameters_go_to_every_mode(page: AssistantPage, engine: FakeEngine) -> None:
    page.tools.parameters.trigger()
    assert page.drawer.isVisibleTo(page)
    (temperature,) = [
        each
        for each in page.drawer.findChildren(QAbstractSpinBox)
        if each.accessibleName() == "Temperature"
    ]
    temperature.setProperty("value", 0.75)
    for panel in (page.chat, page.completion, page.fill):
        assert panel.parameters.temperature == 0.75


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_can_be_arranged_and_its_controls_are_named(
    qtbot: QtBot, scene: Scene
) -> None:
    state = AppState()
    page = AssistantPage(state)
    qtbot.addWidget(page)
    scene.arrange(page, Recorded(FOLDER))
    page.show()
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QPlainTextEdit, QProgressBar)
    for widget in page.findChildren(QWidget):
        inside = isinstance(widget.parent(), QAbstractSpinBox | QComboBox)
        if isinstance(widget, kinds) and widget.isVisibleTo(page) and not inside:
            face = QAccessible.queryAccessibleInterface(widget)
            assert face.text(QAccessible.Text.Name), (widget, widget.parent())
    state.close()
    state.deleteLater()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*")), ids=lambda path: path.name)
def test_recorded_files_hold_no_path_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for place in ("/root", "/home", "/tmp", "site-packages"):
        assert place not in text


def test_a_pick_stays_while_the_loaded_model_answers(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    (other,) = [each.path for each in page.state.library.entries if each.name == "other"]
    page.desk.pick(other)
    page.chat.ask("Why?")
    engine.finish()
    assert page.desk.view.picked == other
    assert page.desk.view.can_load


def test_a_loaded_model_that_is_in_no_list_is_shown_all_the_same(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have(path=Path("/elsewhere/mine.gguf"))
    assert "mine" in [choice.name for choice in page.desk.view.choices]
    assert page.desk.view.can_unload
