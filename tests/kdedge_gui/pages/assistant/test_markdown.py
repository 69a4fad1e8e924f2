import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge_gui.pages.assistant.markdown import (
    Appended,
    Block,
    BlockSplitter,
    Closed,
    Opened,
    Piece,
    split_blocks,
)

ANSWER = "Here it is:\n\n```python\ndef f():\n\n    return 1\n```\nThat is all."


def _prose(text: str) -> Block:
    return Block(kind="prose", text=text)


def _code(text: str, language: str = "") -> Block:
    return Block(kind="code", text=text, language=language)


def test_a_fence_parts_code_from_prose_and_names_its_language() -> None:
    assert split_blocks(ANSWER) == (
        _prose("Here it is:"),
        _code("def f():\n\n    return 1", "python"),
        _prose("That is all."),
    )


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", ()),
        ("\n\n", ()),
        ("```\nopen to the end", (_code("open to the end"),)),
        ("~~~C++\na\n~~~", (_code("a", "c++"),)),
        ("````md\n```\nx\n```\n````", (_code("```\nx\n```", "md"),)),
        ("1. do\n   ```py\n   a\n     b\n   ```", (_prose("1. do"), _code("a\n  b", "py"))),
        ("a ``` b\n``` c ` d", (_prose("a ``` b\n``` c ` d"),)),
        ("``` <script>\nx", (_code("x"),)),
        ("```python title=x\r\nx\r\n```\r\n", (_code("x", "python"),)),
        ("```\n\n\nx\n\n```", (_code("\n\nx"),)),
        ("a\n\n\nb", (_prose("a\n\n\nb"),)),
    ],
)
def test_blocks_of(text: str, blocks: tuple[Block, ...]) -> None:
    assert split_blocks(text) == blocks


def test_nothing_is_held_back_that_cannot_be_a_fence() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("No") == [Opened("prose"), Appended("No")]
    assert splitter.feed("w ``") == [Appended("w ``")]


def test_the_start_of_a_fence_is_held_back_until_it_is_whole() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("``") == []
    assert splitter.feed("`pyth") == []
    assert splitter.feed("on\nx") == [Opened("code", "python"), Appended("x")]


def test_what_looked_like_a_fence_comes_with_the_end() -> None:
    splitter = BlockSplitter()
    assert splitter.feed("```") == []
    assert splitter.finish() == [Opened("code"), Closed()]


def test_a_block_without_a_word_is_still_closed() -> None:
    assert split_blocks("```\n```") == (_code(""),)


@given(st.text(alphabet="`~ \n\rab", max_size=60), st.data())
def test_the_blocks_do_not_depend_on_how_the_text_is_cut(text: str, data: st.DataObject) -> None:
    splitter = BlockSplitter()
    pieces: list[Piece] = []
    rest = text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        pieces += splitter.feed(rest[:size])
        rest = rest[size:]
    pieces += splitter.finish()
    assert _blocks(pieces) == split_blocks(text)


@given(st.text(max_size=200))
def test_pieces_open_fill_and_close_in_turn(text: str) -> None:
    splitter = BlockSplitter()
    is_open = False
    for piece in [*splitter.feed(text), *splitter.finish()]:
        assert isinstance(piece, Opened) is not is_open
        is_open = not isinstance(piece, Closed)
    assert not is_open


def _blocks(pieces: list[Piece]) -> tuple[Block, ...]:
    found: list[Block] = []
    for piece in pieces:
        if isinstance(piece, Opened):
            found.append(Block(kind=piece.kind, text="", language=piece.language))
        elif isinstance(piece, Appended):
            last = found[-1]
            found[-1] = Block(kind=last.kind, text=last.text + piece.text, language=last.language)
    return tuple(found)
