"""Stop strings and characters that tokens cut in the middle."""

from hypothesis import given
from hypothesis import strategies as st

from kdedge.runtime.text import GrowingText


def test_a_stop_string_cut_by_tokens_is_found() -> None:
    text = GrowingText(["\n```\n"])
    for piece in (b"x = 1\n`", b"``", b"\nmore"):
        text.add(piece)
    assert text.stopped
    assert text.whole() == "x = 1"


def test_the_earliest_of_two_stop_strings_wins() -> None:
    text = GrowingText(["END", "\ndef "])
    text.add(b"a\ndef f END")
    assert text.whole() == "a"


def test_what_may_become_a_stop_string_is_not_shown_yet() -> None:
    text = GrowingText(["STOP"])
    text.add(b"go ST")
    assert text.take_new() == "go "
    text.add(b"AY")
    assert text.take_new() == "STAY"


def test_an_unfinished_character_is_held_back_and_dropped_at_the_end() -> None:
    text = GrowingText()
    text.add("é".encode()[:1])
    assert text.take_new() == ""
    assert text.whole() == ""
    text.add("é".encode()[1:])
    assert text.take_new() == "é"


@given(
    st.text(), st.lists(st.integers(1, 7)), st.lists(st.text(min_size=1, max_size=5), max_size=3)
)
def test_shown_pieces_add_up_to_the_whole_text(
    content: str, sizes: list[int], stop: list[str]
) -> None:
    raw = content.encode("utf-8", "replace")
    text = GrowingText(stop)
    shown = ""
    while raw:
        size = sizes.pop() if sizes else 3
        text.add(raw[:size])
        raw = raw[size:]
        shown += text.take_new()
    shown += text.take_new(final=True)
    expected = content.encode("utf-8", "replace").decode()
    cuts = [at for s in stop if (at := expected.find(s)) >= 0]
    assert text.whole() == shown == (expected[: min(cuts)] if cuts else expected)
