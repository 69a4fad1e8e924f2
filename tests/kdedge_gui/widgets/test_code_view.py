from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdedge_gui.background import Background
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import THEMES, contrast_ratio
from kdedge_gui.widgets.code_view import CodeView
from kdedge_gui.widgets.fitting_text import FittingText
from kdedge_gui.widgets.highlighter import (
    LONGEST_TEXT,
    CodeRun,
    code_formats,
    lexer_name,
    read_code,
)
from kdedge_gui.widgets.visible_text import visible_text

_WAIT_MS = 20_000


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


@pytest.fixture
def code(qtbot: QtBot, themes: ThemeManager, background: Background) -> CodeView:
    made = CodeView(themes, background, language="python")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def test_code_that_comes_in_pieces_is_shown_and_coloured_at_its_end(
    qtbot: QtBot, code: CodeView, themes: ThemeManager
) -> None:
    code.append("def f(")
    code.append("):\n    return 1")
    assert code.text == "def f():\n    return 1"
    assert _colour_at(code, 0) is None
    code.finish()
    keyword = QColor(themes.theme.series[0])
    qtbot.waitUntil(lambda: _colour_at(code, 0) == keyword, timeout=_WAIT_MS)


def test_colours_follow_the_theme(qtbot: QtBot, code: CodeView, themes: ThemeManager) -> None:
    code.set_code("def f(): pass", language="python")
    qtbot.waitUntil(lambda: _colour_at(code, 0) is not None, timeout=_WAIT_MS)
    themes.set_choice("dark")
    assert _colour_at(code, 0) == QColor(THEMES["dark"].series[0])


def test_copy_takes_what_is_shown(code: CodeView) -> None:
    code.set_code("x = '\u202e'", language="python")
    code.copy()
    assert QGuiApplication.clipboard().text() == "x = '\\u202e'"


def test_save_writes_the_code_with_an_end_of_line(
    qtbot: QtBot, code: CodeView, tmp_path: Path
) -> None:
    code.set_code("x = 1", language="python")
    path = tmp_path / "code.py"
    with qtbot.waitSignal(code.saved, timeout=_WAIT_MS):
        code.save(path)
    assert path.read_text(encoding="utf-8") == "x = 1\n"


def test_a_file_that_cannot_be_written_is_told(
    qtbot: QtBot, code: CodeView, tmp_path: Path
) -> None:
    with qtbot.waitSignal(code.failed, timeout=_WAIT_MS) as told:
        code.save(tmp_path / "missing" / "code.py")
    (error,) = told.args
    assert isinstance(error, ErrorInfo)
    assert "does not exist" in error.problem


def test_run_gives_the_program_and_is_hidden_at_first(qtbot: QtBot, code: CodeView) -> None:
    assert not code.can_run
    code.set_code("x = 1", language="python")
    code.set_runnable(True)
    with qtbot.waitSignal(code.run_wanted) as wanted:
        code.run()
    assert wanted.args == ["x = 1"]


def test_text_is_as_high_as_its_lines(qtbot: QtBot, code: CodeView) -> None:
    code.append("a")
    one = code.text_view.height()
    for _ in range(9):
        code.append("\na")
    assert code.text_view.height() == pytest.approx(one + 9 * (one - 2), abs=10)


def test_text_that_wraps_grows_when_it_gets_narrow(qtbot: QtBot, themes: ThemeManager) -> None:
    view = FittingText(wraps=True)
    qtbot.addWidget(view)
    view.resize(600, 10)
    view.set_text("word " * 60)
    view.show()
    wide = view.height()
    view.resize(200, view.height())
    assert view.height() > 2 * wide


def test_appended_pieces_measure_as_the_whole_text_does(
    qtbot: QtBot, themes: ThemeManager
) -> None:
    pieces, whole = FittingText(wraps=True), FittingText(wraps=True)
    for view in (pieces, whole):
        qtbot.addWidget(view)
        view.resize(300, 10)
    for _ in range(40):
        pieces.append_text("some words\nand ")
    whole.set_text("some words\nand " * 40)
    assert pieces.height() == whole.height()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("é 日本 😀", "é 日本 😀"),
        ("a\r\nb\rc", "a\nb\\rc"),
        ("\x00\x1b\x7f\x9b", "\\x00\\x1b\\x7f\\x9b"),
        ("\u202e\u2066\u200b\ufeff", "\\u202e\\u2066\\u200b\\ufeff"),
        ("\u2028\u2029\ufffc\ufdd0", "\\u2028\\u2029\\ufffc\\ufdd0"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert visible_text(text) == shown


def test_lines_of_python_are_read_into_runs() -> None:
    lines = read_code("def f():\n    return '😀', 12  # x", "py")
    assert CodeRun(0, 3, "keyword") in lines[0]
    assert CodeRun(4, 1, "name") in lines[0]
    assert CodeRun(17, 2, "number") in lines[1]
    assert lines[1][-1] == CodeRun(21, 3, "comment")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("x", ""),
        ("x", "../../etc/passwd"),
        ("x\n" * (LONGEST_TEXT // 2 + 1), "python"),
        ("x" * 3000, "python"),
    ],
)
def test_what_is_unknown_or_too_long_stays_plain(text: str, language: str) -> None:
    assert read_code(text, language) == ()


def test_languages_are_found_by_the_names_that_fences_use() -> None:
    assert lexer_name("JS") == "javascript"
    assert lexer_name("c++") == "cpp"
    assert lexer_name("klingon") is None


@pytest.mark.parametrize("name", THEMES)
def test_every_colour_of_code_can_be_read(name: str, qapp: QApplication) -> None:
    theme = THEMES[name]
    for made in code_formats(theme).values():
        colour = made.foreground().color().name()
        assert contrast_ratio(colour, theme.code_background) >= 4.5


def _colour_at(code: CodeView, position: int) -> QColor | None:
    block = code.text_view.document().firstBlock()
    for run in block.layout().formats():
        if run.start <= position < run.start + run.length:
            return run.format.foreground().color()
    return None
