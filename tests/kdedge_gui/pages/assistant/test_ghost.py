from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from kdedge_gui.pages.assistant import AssistantPage
from kdedge_gui.pages.assistant.parameters import Parameters
from tests.kdedge_gui.pages.assistant.fake_engine import FakeEngine

_WAIT_MS = 20_000
_CTRL = Qt.KeyboardModifier.ControlModifier


def _suggest(page: AssistantPage, engine: FakeEngine, text: str) -> None:
    page.completion.generate()
    engine.say(text)
    engine.finish()


def test_tab_takes_the_suggestion_as_one_step_to_undo(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.choose_mode("completion")
    editor = page.completion.editor
    qtbot.keyClicks(editor, "def f")
    _suggest(page, engine, "():\n    return 1")
    assert editor.toPlainText() == "def f():\n    return 1"
    assert editor.own_text == "def f"
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.own_text == "def f():\n    return 1"
    assert not editor.has_ghost
    editor.undo()
    assert editor.toPlainText() == "def f"


def test_any_other_key_drops_the_suggestion_and_is_written(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.choose_mode("completion")
    editor = page.completion.editor
    qtbot.keyClicks(editor, "def f")
    _suggest(page, engine, "oo")
    qtbot.keyClicks(editor, "(")
    assert editor.toPlainText() == "def f("
    editor.redo()
    assert "oo" not in editor.toPlainText()


def test_keys_that_only_move_leave_the_suggestion(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.choose_mode("completion")
    editor = page.completion.editor
    editor.setPlainText("a")
    _suggest(page, engine, "b")
    qtbot.keyClick(editor, Qt.Key.Key_Home)
    qtbot.keyClick(editor, Qt.Key.Key_Shift)
    assert editor.ghost_text == "b"
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.toPlainText() == "a"


def test_a_key_in_the_middle_of_writing_stops_the_model(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.choose_mode("completion")
    editor = page.completion.editor
    editor.setPlainText("a")
    page.completion.generate()
    engine.say("b")
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert engine.n_stops == 1
    engine.say("late")
    engine.finish("cancelled")
    assert editor.toPlainText() == "ab"
    assert not page.completion.is_generating


def test_the_gap_goes_to_the_model_with_both_sides(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.choose_mode("fill")
    page.fill.editor.setPlainText("def f(a):\n    ")
    page.fill.after.setPlainText("\n    return b")
    page.fill.one_line.setChecked(True)
    qtbot.keyClick(page.fill.after, Qt.Key.Key_Return, _CTRL)
    (ask,) = engine.asked
    assert (ask.kind, ask.text, ask.suffix) == ("fill", "def f(a):\n    ", "\n    return b")
    assert ask.stop == ("\n",)
    engine.say("b = a")
    engine.finish()
    assert page.fill.editor.ghost_text == "b = a"
    assert page.fill.latencies.n_rows == 1
    assert "first token 250\u00a0ms" in page.fill.caption


def test_asking_the_same_again_takes_the_next_seed(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.drawer.changed.emit(Parameters(seed=3))
    page.completion.editor.setPlainText("a")
    _suggest(page, engine, "b")
    _suggest(page, engine, "c")
    page.completion.editor.drop_ghost()
    page.completion.editor.setPlainText("b")
    _suggest(page, engine, "d")
    assert [ask.seed for ask in engine.asked] == [3, 4, 3]


def test_a_model_with_nothing_to_add_says_so(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    page.completion.editor.setPlainText("a")
    _suggest(page, engine, "")
    assert "nothing to add" in page.completion.caption
    assert not page.completion.editor.has_ghost


def test_a_worker_that_dies_leaves_the_suggestion_on_offer(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.completion.editor.setPlainText("a")
    page.completion.generate()
    engine.say("b")
    engine.die()
    qtbot.waitUntil(lambda: not page.completion.is_generating, timeout=_WAIT_MS)
    page.completion.editor.accept_ghost()
    assert page.completion.editor.own_text == "ab"


def test_what_cannot_be_seen_is_spelt_out_in_a_suggestion(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.completion.editor.setPlainText("a")
    _suggest(page, engine, "b\x00\u202e")
    page.completion.editor.accept_ghost()
    assert page.completion.editor.own_text == "ab\\x00\\u202e"


def test_a_new_line_keeps_the_indent_and_goes_deeper_after_a_colon(
    qtbot: QtBot, page: AssistantPage
) -> None:
    editor = page.completion.editor
    qtbot.keyClicks(editor, "    if x:")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClicks(editor, "y")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.toPlainText() == "    if x:\n        y\n        "


def test_only_buttons_that_do_something_are_shown(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    page.choose_mode("completion")
    panel = page.completion

    def shown() -> set[str]:
        buttons = panel.findChildren(QAbstractButton)
        return {each.text() for each in buttons if each.isVisibleTo(panel) and each.text()}

    assert shown() == {"&Complete", "One li&ne only"}
    panel.generate()
    assert shown() == {"S&top", "One li&ne only"}
    engine.say("x")
    engine.finish()
    assert shown() == {"&Complete", "&Accept", "&Discard", "One li&ne only"}
