from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from kdedge_gui.pages.assistant import AssistantPage
from kdedge_gui.pages.assistant.conversation import Conversation, Turn, from_json_lines
from kdedge_gui.pages.assistant.conversation_files import conversations_dir, keep
from kdedge_gui.pages.assistant.parameters import Parameters
from kdedge_gui.state import AppState
from tests.kdedge_gui.pages.assistant.fake_engine import FakeEngine

_WAIT_MS = 20_000
HOSTILE = (
    "<b>bold</b> <img src='file:///etc/passwd'> [x](file:///etc/passwd)\x1b[31m\u202eabc\x00\u2029"
)


def _answer(page: AssistantPage, engine: FakeEngine, text: str) -> None:
    page.chat.ask("Why?")
    engine.say(text)
    engine.finish()


def test_an_answer_is_written_as_it_comes_and_says_what_it_took(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    (answer,) = page.chat.transcript.answers
    assert "Reading" in answer.caption
    engine.say("Becau")
    engine.say("se.\n```python\nx = 1")
    assert "Writing" in answer.caption
    assert answer.text == "Because.\n```python\nx = 1"
    (code,) = answer.code_views
    assert code.text == "x = 1"
    engine.finish()
    assert answer.caption == "11 tokens · first token 250\u00a0ms · 20.0\u00a0tokens/s"
    assert page.chat.conversation.turns[-1].text == answer.text


def test_the_history_goes_with_every_question(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    page.drawer.changed.emit(Parameters(system="Be kind.", seed=5, max_tokens=7))
    _answer(page, engine, "One.")
    _answer(page, engine, "Two.")
    texts = [message.text for message in engine.asked[-1].messages]
    assert texts == ["Be kind.", "Why?", "One.", "Why?"]
    assert (engine.asked[-1].seed, engine.asked[-1].max_tokens) == (5, 7)


def test_text_of_another_request_is_not_shown(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    page.chat.ask("Why?")
    engine.text.emit("request-99", "not for you")
    engine.finish()
    assert page.chat.transcript.answers[0].text == ""


def test_generating_again_takes_the_next_seed_and_replaces_the_answer(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    _answer(page, engine, "One.")
    page.chat.regenerate()
    engine.say("Two.")
    engine.finish()
    assert [ask.seed for ask in engine.asked] == [0, 1]
    assert [turn.text for turn in page.chat.conversation.turns] == ["Why?", "Two."]
    assert [answer.text for answer in page.chat.transcript.answers] == ["Two."]


def test_the_last_question_can_be_changed(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    _answer(page, engine, "One.")
    _answer(page, engine, "Two.")
    page.chat.edit_last()
    assert page.chat.composer.text == "Why?"
    page.chat.ask("How?")
    engine.finish()
    texts = [message.text for message in engine.asked[-1].messages]
    assert texts == ["Why?", "One.", "How?"]
    assert [view.text for view in page.chat.transcript.questions] == ["Why?", "How?"]


def test_an_edit_that_is_dropped_changes_nothing(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    _answer(page, engine, "One.")
    page.chat.edit_last()
    page.chat.composer.edit_dropped.emit()
    page.chat.ask("Next?")
    assert [view.text for view in page.chat.transcript.questions] == ["Why?", "Next?"]


def test_escape_stops_an_answer_and_keeps_what_is_there(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    engine.say("Beca")
    page.tools.stop.trigger()
    assert engine.n_stops == 1
    engine.finish("cancelled")
    assert page.chat.conversation.turns[-1].text == "Beca"
    assert "stopped by you" in page.chat.transcript.answers[-1].caption


def test_a_worker_that_dies_leaves_what_was_written_and_a_way_back(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    engine.say("Beca")
    engine.die()
    qtbot.waitUntil(lambda: not page.chat.is_generating, timeout=_WAIT_MS)
    assert page.chat.conversation.turns[-1].text == "Beca"
    assert "stopped by the system" in page.banner.text
    assert page.chat.isVisibleTo(page)
    engine.loads.clear()
    page.desk.load_again()
    assert engine.loads
    engine.have()
    page.chat.ask("And now?")
    assert engine.state == "generating"


def test_a_prompt_that_is_refused_can_be_asked_again(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    engine.go("ready")  # an error in place of a result
    qtbot.waitUntil(lambda: not page.chat.is_generating, timeout=_WAIT_MS)
    assert page.chat.conversation.awaits_answer
    page.chat.ask("Shorter?")
    engine.finish()
    assert engine.asked[-1].messages[-1].text == "Why?\n\nShorter?"


def test_nothing_is_asked_while_an_answer_is_written(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    page.chat.ask("What?")
    page.chat.regenerate()
    page.chat.edit_last()
    assert len(engine.asked) == 1


def test_a_new_conversation_drops_the_answer_that_is_being_written(
    page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    engine.say("Beca")
    page.begin_conversation()
    engine.say("use")
    engine.finish("cancelled")
    assert page.chat.transcript.is_empty
    assert page.chat.conversation.turns == ()
    page.chat.ask("Fresh?")
    assert [message.text for message in engine.asked[-1].messages] == ["Fresh?"]


def test_hostile_text_is_shown_as_text(page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    _answer(page, engine, HOSTILE)
    shown = "".join(
        view.toPlainText() for view in page.chat.transcript.answers[0].findChildren(QPlainTextEdit)
    )
    assert "<b>bold</b> <img src='file:///etc/passwd'> [x](file:///etc/passwd)" in shown
    assert "\\x1b[31m\\u202eabc\\x00\\u2029" in shown
    page.chat.transcript.answers[0].copy()
    assert "\x1b" not in QGuiApplication.clipboard().text()
    assert page.chat.conversation.turns[-1].text == HOSTILE


def test_a_finished_turn_is_kept(qtbot: QtBot, page: AssistantPage, engine: FakeEngine) -> None:
    engine.have()
    _answer(page, engine, "One.")
    _answer(page, engine, "Two.")

    def kept() -> Conversation | None:
        paths = list(conversations_dir().glob("*.jsonl"))
        return from_json_lines(paths[0].read_text(encoding="utf-8")) if paths else None

    qtbot.waitUntil(lambda: kept() == page.chat.conversation, timeout=_WAIT_MS)
    assert len(page.chat.conversation.turns) == 4


def test_the_last_conversation_is_offered_at_the_next_start(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    turns = (Turn(role="user", text="Old?"), Turn(role="assistant", text="Yes."))
    old = Conversation(started_at="2026-11-23T10:00:00.000+00:00", system="S", turns=turns)
    keep(old)
    page.entered()
    qtbot.waitUntil(lambda: "Go on with" in page.instead.text, timeout=_WAIT_MS)
    ((_, go_on),) = page.chat.earlier_actions()
    go_on()
    assert page.chat.conversation == old
    assert page.drawer.parameters.system == "S"
    assert page.chat.earlier_actions() == []


def test_a_deleted_conversation_leaves_no_file(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    _answer(page, engine, "One.")
    qtbot.waitUntil(lambda: any(conversations_dir().glob("*.jsonl")), timeout=_WAIT_MS)
    page.delete_conversation()
    qtbot.waitUntil(lambda: not any(conversations_dir().glob("*.jsonl")), timeout=_WAIT_MS)
    assert page.chat.transcript.is_empty


@pytest.mark.parametrize(("ending", "begin"), [(".md", "# Why?"), (".json", "{")])
def test_the_conversation_is_exported(
    qtbot: QtBot,
    page: AssistantPage,
    engine: FakeEngine,
    tmp_path: Path,
    ending: str,
    begin: str,
) -> None:
    engine.have()
    _answer(page, engine, "One.")
    path = tmp_path / f"out{ending}"
    page.keeper.write(page.chat.conversation, path)
    qtbot.waitUntil(path.exists, timeout=_WAIT_MS)
    assert path.read_text(encoding="utf-8").startswith(begin)


def test_an_export_that_fails_says_why(qtbot: QtBot, page: AssistantPage, tmp_path: Path) -> None:
    page.keeper.write(page.chat.conversation, tmp_path / "missing" / "out.md")
    qtbot.waitUntil(lambda: "was not written" in page.banner.text, timeout=_WAIT_MS)


def test_enter_sends_and_shift_enter_begins_a_line(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    field = page.chat.composer.findChild(QPlainTextEdit)
    qtbot.keyClicks(field, "a")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(field, "b")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert engine.asked[-1].messages[-1].text == "a\nb"
    assert page.chat.composer.text == ""


def test_up_in_the_empty_field_brings_the_last_question_back(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    _answer(page, engine, "One.")
    field = page.chat.composer.findChild(QPlainTextEdit)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert page.chat.composer.text == "Why?"


def test_the_end_is_followed_only_by_a_reader_who_is_there(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    bar = page.chat.transcript.verticalScrollBar()
    engine.say("line\n\n" * 200)
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum(), timeout=_WAIT_MS)
    bar.setValue(0)
    before = bar.maximum()
    engine.say("line\n\n" * 200)
    qtbot.waitUntil(lambda: bar.maximum() > before, timeout=_WAIT_MS)
    assert bar.value() == 0
    engine.finish()


def test_a_second_regenerate_at_temperature_0_says_what_to_expect(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine, state: AppState
) -> None:
    engine.have()
    page.drawer.changed.emit(Parameters(temperature=0.0))
    _answer(page, engine, "One.")
    with qtbot.waitSignal(state.notice) as said:
        page.chat.regenerate()
    assert "same answer" in said.args[0]


def _long(n_turns: int) -> Conversation:
    turns = [
        Turn(role="user" if at % 2 == 0 else "assistant", text=f"turn {at}")
        for at in range(n_turns)
    ]
    return Conversation(started_at="2026-11-23T10:00:00.000+00:00", turns=tuple(turns))


def test_a_long_conversation_comes_in_portions_and_ends_in_order(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    transcript = page.chat.transcript
    page.chat.show_conversation(_long(40))
    assert 0 < len(transcript.questions) < 20
    assert transcript.answers[-1].text == "turn 39"
    qtbot.waitUntil(lambda: len(transcript.questions) == 20, timeout=_WAIT_MS)
    assert [view.text for view in transcript.questions] == [f"turn {at}" for at in range(0, 40, 2)]
    assert [view.text for view in transcript.answers] == [f"turn {at}" for at in range(1, 40, 2)]


def test_a_long_conversation_can_be_gone_on_with_before_all_of_it_is_shown(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.show_conversation(_long(40))
    page.chat.regenerate()
    engine.say("again")
    engine.finish()
    transcript = page.chat.transcript
    qtbot.waitUntil(lambda: len(transcript.questions) == 20, timeout=_WAIT_MS)
    assert transcript.answers[-1].text == "again"
    assert len(transcript.answers) == 20


def test_a_conversation_that_is_put_away_shows_nothing_later(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.show_conversation(_long(40))
    page.begin_conversation()
    qtbot.wait(50)
    assert page.chat.transcript.is_empty


def test_what_is_in_view_stays_in_view_while_earlier_turns_come(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    transcript = page.chat.transcript
    page.chat.show_conversation(_long(60))
    bar = transcript.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 200 and bar.value() == bar.maximum(), timeout=_WAIT_MS)
    bar.setValue(bar.maximum() - 100)
    qtbot.waitUntil(lambda: len(transcript.questions) == 30, timeout=_WAIT_MS)
    qtbot.waitUntil(lambda: bar.maximum() - bar.value() == 100, timeout=_WAIT_MS)


def test_an_answer_stopped_by_force_is_called_stopped(
    qtbot: QtBot, page: AssistantPage, engine: FakeEngine
) -> None:
    engine.have()
    page.chat.ask("Why?")
    engine.say("Beca")
    page.stop()
    engine.go("starting")  # the worker had to be killed; its model is loaded again
    qtbot.waitUntil(lambda: not page.chat.is_generating, timeout=_WAIT_MS)
    assert page.chat.transcript.answers[-1].caption == "stopped by you"
