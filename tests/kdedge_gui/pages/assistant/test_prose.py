import pytest

from kdedge_gui.pages.assistant.prose import read_prose, utf16_offsets


@pytest.mark.parametrize(
    ("markdown", "text", "spans"),
    [
        ("plain", "plain", []),
        ("## A `b`", "A b", [(0, 3, "heading"), (2, 1, "code")]),
        ("- **x** y", "• x y", [(2, 1, "bold")]),
        ("say *so*.", "say so.", [(4, 2, "italic")]),
        ("``a`` b", "a b", [(0, 1, "code")]),
        ("x\n**y**", "x\ny", [(2, 1, "bold")]),
    ],
)
def test_marks_become_styles(markdown: str, text: str, spans: list[tuple[int, int, str]]) -> None:
    prose = read_prose(markdown)
    assert prose.text == text
    assert [(each.start, each.length, each.style) for each in prose.spans] == spans


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4 = 24",
        "a*b*c",
        "** not bold **",
        "`open",
        "#hash",
        "<b>no HTML</b> <img src=x>",
        "[text](http://example.org) ![](file:///etc/passwd)",
    ],
)
def test_everything_else_stays_the_text_it_is(text: str) -> None:
    prose = read_prose(text)
    assert prose.text == text
    assert prose.spans == ()


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["`" * 9999, "**a" * 3000, "`a``b" * 2000, "*a " * 3000])
def test_marks_without_an_end_take_no_longer_than_other_text(text: str) -> None:
    assert read_prose(text).text


def test_positions_are_counted_as_qt_counts() -> None:
    assert list(utf16_offsets("a😀b")) == [0, 1, 3, 4]
