import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge_gui.jobs.lines import (
    MAX_LOG_LINE_CHARACTERS,
    MAX_LOG_LINES,
    MAX_MESSAGE_BYTES,
    LogLines,
    MessageLines,
)


@given(st.lists(st.dictionaries(st.text(), st.integers())), st.integers(1, 7))
def test_messages_are_the_same_however_the_stream_is_cut(messages: list[dict], step: int) -> None:
    stream = b"".join(json.dumps(each).encode() + b"\n" for each in messages)
    lines = MessageLines()
    found = []
    for start in range(0, len(stream), step):
        found += lines.feed(stream[start : start + step])
    assert found == messages
    assert lines.n_unreadable == 0


@pytest.mark.parametrize(
    "line", [b"llama_load: ok", b"[1]", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a": 1}}', b"null"]
)
def test_a_line_that_is_no_object_is_counted_and_the_next_is_read(line: bytes) -> None:
    lines = MessageLines()
    assert lines.feed(line + b'\n{"op": "pong"}\n') == [{"op": "pong"}]
    assert lines.n_unreadable == 1


def test_a_line_too_long_is_dropped_without_being_kept() -> None:
    lines = MessageLines()
    piece = b"x" * 1_000_000
    for _ in range(40):
        assert lines.feed(piece) == []
    assert sum(map(len, lines._pieces)) <= MAX_MESSAGE_BYTES
    assert lines.feed(b'\n{"op": "pong"}\n') == [{"op": "pong"}]
    assert lines.n_unreadable == 1


def test_where_a_part_was_left_out_the_line_around_it_is_dropped() -> None:
    lines = MessageLines()
    assert lines.feed(b'{"op": "tok') == []
    lines.pass_over()
    assert lines.feed(b'en"}\n{"op": "pong"}\n') == [{"op": "pong"}]
    assert lines.n_unreadable == 1


def test_empty_lines_mean_nothing() -> None:
    lines = MessageLines()
    assert lines.feed(b"\n  \n\r\n") == []
    assert lines.n_unreadable == 0


def test_of_a_flood_of_log_lines_the_newest_are_kept() -> None:
    flood = b"".join(b"line %d\n" % number for number in range(100_000))
    lines = LogLines().feed(flood)
    assert len(lines) == MAX_LOG_LINES
    assert lines[:2] == ["(lines left out)", "line 99601"]
    assert lines[-1] == "line 99999"


def test_where_a_part_of_the_log_was_left_out_it_says_so_once() -> None:
    log = LogLines()
    assert log.feed(b"begun, nev") == []
    log.pass_over()
    assert log.feed(b"er seen\nnext\n") == ["(lines left out)", "next"]
    assert log.feed(b"last\n") == ["last"]


def test_a_long_log_line_is_cut() -> None:
    log = LogLines()
    for _ in range(100):
        assert log.feed(b"\xc3\xa4" * 1000) == []
    (line,) = log.feed(b"\n")
    assert line == "ä" * (MAX_LOG_LINE_CHARACTERS - 1) + "…"


def test_log_lines_are_joined_over_pieces_and_an_unfinished_one_comes_at_the_end() -> None:
    log = LogLines()
    assert log.feed(b"one ") == []
    assert log.feed(b"line\nanoth") == ["one line"]
    assert log.feed(b"er") == []
    assert log.end() == ["another"]
    assert log.end() == []


def test_colours_and_a_bar_drawn_over_itself_leave_their_last_state() -> None:
    assert LogLines().feed(b"\x1b[31m10 %\r\x1b[32m100 %\x1b[0m\r\n") == ["100 %"]
