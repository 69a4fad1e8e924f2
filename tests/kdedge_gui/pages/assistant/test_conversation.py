import json
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge_gui.engine.ask import Message
from kdedge_gui.pages.assistant.conversation import (
    Conversation,
    Turn,
    TurnStats,
    as_json,
    as_markdown,
    from_json_lines,
    to_json_lines,
)
from kdedge_gui.pages.assistant.conversation_files import (
    conversations_dir,
    forget,
    keep,
    last_kept,
)

STATS = TurnStats(
    n_prompt_tokens=9,
    n_tokens=5,
    ttft_s=0.5,
    decode_s=2.0,
    finish_reason="stop",
    seed=7,
    temperature=0.2,
)
TALK = Conversation(
    started_at="2026-11-24T10:00:00.000+00:00",
    system="Be short.",
    turns=(
        Turn(role="user", text="How?\nPlease."),
        Turn(role="assistant", text="So:\n```\nx\x1b\n```", model="tiny", stats=STATS),
    ),
)


def test_what_is_kept_is_what_is_read() -> None:
    assert from_json_lines(to_json_lines(TALK)) == TALK


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "no json", '{"schema": "x/1"}\n', to_json_lines(TALK)[:-20]]
)
def test_a_damaged_file_is_refused(text: str) -> None:
    with pytest.raises(KdedgeError, match="cannot be read"):
        from_json_lines(text)


def test_the_model_gets_the_system_text_and_all_turns_in_order() -> None:
    assert TALK.with_question("And?").messages() == (
        Message(role="system", text="Be short."),
        Message(role="user", text="How?\nPlease."),
        Message(role="assistant", text="So:\n```\nx\x1b\n```"),
        Message(role="user", text="And?"),
    )


def test_questions_without_an_answer_between_them_become_one() -> None:
    talk = Conversation(started_at="x").with_question("a").with_question("b")
    assert talk.messages() == (Message(role="user", text="a\n\nb"),)


def test_the_last_answer_and_the_last_question_can_be_taken_back() -> None:
    assert TALK.without_last_answer().turns == TALK.turns[:1]
    assert TALK.without_last_question().turns == ()
    assert TALK.with_question("And?").without_last_question().turns == TALK.turns
    assert TALK.last_question == "How?\nPlease."
    assert TALK.title == "How?"


def test_the_json_export_holds_every_character_and_number() -> None:
    read = json.loads(as_json(TALK))
    assert read["turns"][1]["text"] == TALK.turns[1].text
    assert read["turns"][1]["stats"]["ttft_s"] == 0.5
    assert read["schema"] == "kdedge.conversation/1"


def test_the_markdown_export_spells_out_what_cannot_be_seen() -> None:
    text = as_markdown(TALK)
    assert "## You" in text
    assert "## tiny" in text
    assert "x\\x1b" in text
    assert "2.0 tokens/s" in text


def test_the_last_conversation_is_found_again() -> None:
    older = Conversation(started_at="2026-11-23T10:00:00.000+00:00", turns=TALK.turns)
    keep(TALK)
    keep(older)
    assert last_kept() == TALK
    forget(TALK)
    assert last_kept() == older


def test_a_damaged_file_does_not_hide_the_one_before_it() -> None:
    path = keep(TALK)
    path.with_name("9.jsonl").write_text("?", encoding="utf-8")
    assert last_kept() == TALK


def test_nothing_was_kept_yet() -> None:
    assert last_kept() is None


def test_a_conversation_that_cannot_be_kept_says_why(tmp_path: Path) -> None:
    conversations_dir().parent.mkdir(parents=True, exist_ok=True)
    conversations_dir().write_text("in the way", encoding="utf-8")
    with pytest.raises(KdedgeError, match=r"was not written|cannot be made"):
        keep(TALK)
