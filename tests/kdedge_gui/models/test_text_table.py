import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from kdedge_gui.models.text_table import Cell, Order, TextColumn, TextRow, TextTable, Tone

_COLUMNS = (TextColumn(title="Name"), TextColumn(title="Size", tip="Of the file", is_number=True))
_SORT = Qt.SortOrder


def _row(name: str, size: Order = None, *, tone: Tone = Tone.PLAIN) -> TextRow:
    cells = (Cell(name, name), Cell(f"{size} MiB", size, tip=f"{name}!", tone=tone))
    return TextRow(key=name, cells=cells, haystack=name.casefold())


@pytest.fixture
def table(qapp: object) -> TextTable[TextRow]:
    made: TextTable[TextRow] = TextTable(_COLUMNS)
    made.set_rows([_row("b", 2), _row("unknown"), _row("c", 10), _row("a", 9)])
    return made


def _names(table: TextTable[TextRow]) -> list[str]:
    return [str(table.data(table.index(row, 0))) for row in range(table.rowCount())]


def test_qt_finds_no_fault_in_the_model_through_rows_filters_and_sorts(
    table: TextTable[TextRow],
) -> None:
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.sort(1, _SORT.DescendingOrder)
    table.set_filter("a")
    table.set_filter("")
    table.set_rows([_row("a", 1), _row("z", 3)])
    table.sort(-1)
    table.set_rows([])
    assert tester.model() is table


def test_numbers_are_sorted_as_numbers_and_what_is_unknown_comes_last_both_ways(
    table: TextTable[TextRow],
) -> None:
    table.sort(1, _SORT.AscendingOrder)
    assert _names(table) == ["b", "a", "c", "unknown"]
    table.sort(1, _SORT.DescendingOrder)
    assert _names(table) == ["c", "a", "b", "unknown"]


def test_a_filter_keeps_rows_that_hold_every_word_of_it_in_any_case(qapp: object) -> None:
    table: TextTable[TextRow] = TextTable(_COLUMNS)
    table.set_rows([_row("Qwen coder Q4"), _row("Qwen chat Q4"), _row("Gemma coder Q8")])
    table.set_filter("CODER qwen")
    assert _names(table) == ["Qwen coder Q4"]
    assert table.n_rows_before_filter == 3


def test_rows_that_come_later_are_filtered_and_sorted_too(table: TextTable[TextRow]) -> None:
    table.sort(1, _SORT.AscendingOrder)
    table.set_filter("a")
    table.set_rows([_row("aa", 5), _row("b", 1), _row("ab", 3)])
    assert _names(table) == ["ab", "aa"]


def test_new_texts_of_the_same_rows_do_not_reset_what_is_selected(
    qtbot: QtBot, table: TextTable[TextRow]
) -> None:
    with qtbot.assertNotEmitted(table.modelReset), qtbot.waitSignal(table.dataChanged):
        table.set_rows([_row("b", 20), _row("unknown", 1), _row("c", 1), _row("a", 9)])
    assert table.data(table.index(0, 1)) == "20 MiB"


def test_one_signal_tells_of_all_new_texts(table: TextTable[TextRow]) -> None:
    told = []
    table.dataChanged.connect(lambda *_: told.append(True))
    table.set_rows([_row("b", 20), _row("unknown", 1), _row("c", 1), _row("a", 9)])
    assert len(told) == 1


def test_a_held_index_follows_its_row_through_a_sort(table: TextTable[TextRow]) -> None:
    held = QPersistentModelIndex(table.index_of("c"))
    table.sort(0, _SORT.DescendingOrder)
    row = table.row_at(held)
    assert row is not None
    assert row.key == "c"


def test_a_cell_says_its_column_to_a_screen_reader(table: TextTable[TextRow]) -> None:
    index = table.index(0, 1)
    assert table.data(index, int(Qt.ItemDataRole.AccessibleTextRole)) == "Size: 2 MiB"
    assert table.data(index, int(Qt.ItemDataRole.ToolTipRole)) == "b!"


def test_numbers_stand_on_the_right_and_are_first_sorted_from_the_largest(
    table: TextTable[TextRow],
) -> None:
    across = Qt.Orientation.Horizontal
    first = table.headerData(1, across, int(Qt.ItemDataRole.InitialSortOrderRole))
    assert first == _SORT.DescendingOrder.value
    alignment = table.data(table.index(0, 1), int(Qt.ItemDataRole.TextAlignmentRole))
    assert isinstance(alignment, int)
    assert alignment & int(Qt.AlignmentFlag.AlignRight)


def test_a_tone_has_a_colour_only_where_the_theme_gives_one(qapp: object) -> None:
    table: TextTable[TextRow] = TextTable(_COLUMNS)
    table.set_rows([_row("a", 1, tone=Tone.BAD), _row("b", 2)])
    table.set_tones({Tone.BAD: "#b3261e"})
    role = int(Qt.ItemDataRole.ForegroundRole)
    brush = table.data(table.index(0, 1), role)
    assert brush is not None
    assert not isinstance(brush, int | str)
    assert brush.color().name() == "#b3261e"
    assert table.data(table.index(1, 1), role) is None


def test_asking_for_a_text_makes_none(table: TextTable[TextRow]) -> None:
    row = table.row_at(table.index(0, 0))
    assert row is not None
    assert table.data(table.index(0, 1)) is row.cells[1].text


def test_no_row_is_where_no_index_points(table: TextTable[TextRow]) -> None:
    assert table.row_at(table.index_of("not there")) is None
    assert table.data(table.index_of("not there")) is None
