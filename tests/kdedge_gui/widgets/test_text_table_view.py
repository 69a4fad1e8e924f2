import pytest
from pytestqt.qtbot import QtBot

from kdedge_gui.models.text_table import Cell, TextColumn, TextRow, TextTable
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.text_table_view import TextTableView


def _row(text: str) -> TextRow:
    return TextRow(key=text, cells=(Cell(text, text),), haystack=text)


@pytest.fixture
def table(qapp: object) -> TextTable[TextRow]:
    return TextTable((TextColumn(title="Name"),))


@pytest.fixture
def view(qtbot: QtBot, table: TextTable[TextRow]) -> TextTableView:
    themes = ThemeManager()
    made = TextTableView(table, themes)
    themes.setParent(made)
    table.setParent(made)
    qtbot.addWidget(made)
    return made


def test_a_column_grows_with_its_texts_and_does_not_jump_back_while_one_filters(
    view: TextTableView, table: TextTable[TextRow]
) -> None:
    before = view.wanted_width(0)
    table.set_rows([_row("a long name of a model"), _row("b")])
    grown = view.wanted_width(0)
    assert grown > before
    table.set_filter("b")
    assert view.wanted_width(0) == grown
    view.fit_columns()
    assert view.wanted_width(0) < grown


def test_only_the_first_rows_decide_how_wide_a_column_is(
    view: TextTableView, table: TextTable[TextRow]
) -> None:
    table.set_rows([_row(f"{number:05}") for number in range(2000)])
    narrow = view.wanted_width(0)
    table.set_rows([_row(f"{number:05}") for number in range(2000)] + [_row("x" * 40)])
    assert view.wanted_width(0) == narrow


def test_no_row_has_a_widget_of_its_own(view: TextTableView, table: TextTable[TextRow]) -> None:
    n_before = len(view.findChildren(object))  # type: ignore[type-var]
    table.set_rows([_row(f"{number:05}") for number in range(2000)])
    view.grab()
    assert len(view.findChildren(object)) <= n_before + 2  # type: ignore[type-var]


def test_a_short_table_is_as_high_as_its_rows(
    view: TextTableView, table: TextTable[TextRow]
) -> None:
    view.fit_height_to_rows()
    table.set_rows([_row("a")])
    low = view.height()
    table.set_rows([_row("a"), _row("b"), _row("c")])
    assert view.height() == low + 2 * view.verticalHeader().defaultSectionSize()
