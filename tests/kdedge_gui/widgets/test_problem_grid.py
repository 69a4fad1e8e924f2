"""The grid of problems: signs and colours, keys, filters, and ten thousand cells."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import THEMES
from kdedge_gui.widgets.problem_cell import GENERATED, WAITING, GridCell, kind_colour
from kdedge_gui.widgets.problem_grid import ProblemGrid

SIGNS = {"passed": "✓", "failed": "×", "timed_out": "T", WAITING: "", GENERATED: "·"}  # noqa: RUF001


def cell(number: int, kind: str = "passed", share: float | None = None) -> GridCell:
    return GridCell(
        key=f"Shelf/{number}",
        kind=kind,
        sign=SIGNS[kind],
        told=f"Shelf/{number}: {kind}",
        share=share,
    )


@pytest.fixture
def grid(themes: ThemeManager, qtbot: QtBot) -> ProblemGrid:
    made = ProblemGrid(themes, title="Problems")
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show()
    return made


def press(grid: ProblemGrid, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(grid, key)


def colours(grid: ProblemGrid, at: int) -> set[str]:
    image = grid.grab(grid._area(at)).toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


def test_arrows_home_and_end_go_from_cell_to_cell_and_stop_at_the_edges(grid: ProblemGrid) -> None:
    grid.set_cells([cell(n) for n in range(50)])
    columns = grid._columns()
    press(grid, Qt.Key.Key_Right, Qt.Key.Key_Down)
    assert grid.current_key == f"Shelf/{1 + columns}"
    press(grid, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left)
    assert grid.current_key == "Shelf/0"
    press(grid, Qt.Key.Key_End, Qt.Key.Key_Right)
    assert grid.current_key == "Shelf/49"
    press(grid, Qt.Key.Key_Home)
    assert grid.current_key == "Shelf/0"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_enter_and_space_open_the_cell_that_the_keys_are_on(
    grid: ProblemGrid, qtbot: QtBot, key: Qt.Key
) -> None:
    grid.set_cells([cell(n) for n in range(5)])
    press(grid, Qt.Key.Key_Right)
    with qtbot.waitSignal(grid.activated) as caught:
        press(grid, key)
    assert caught.args == ["Shelf/1"]


def test_a_click_opens_the_cell_under_the_pointer_and_nothing_beside_it(
    grid: ProblemGrid,
) -> None:
    grid.set_cells([cell(n) for n in range(5)])
    opened: list[str] = []
    grid.activated.connect(opened.append)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid._area(3).center())
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid._area(7).center())
    assert opened == ["Shelf/3"]


def test_screen_readers_hear_the_cell_that_the_keys_are_on(grid: ProblemGrid) -> None:
    grid.set_cells([cell(0), cell(1, "failed")])
    press(grid, Qt.Key.Key_Right)
    interface = QAccessible.queryAccessibleInterface(grid)
    assert interface is not None
    name = interface.text(QAccessible.Text.Name)
    assert "Shelf/1: failed" in name
    assert "2 of 2" in name
    grid.change_cells({"Shelf/1": cell(1)})
    assert "Shelf/1: passed" in grid.accessibleName()


def test_a_filter_shows_only_its_kinds_and_the_keys_stay_on_their_cell(grid: ProblemGrid) -> None:
    grid.set_cells([cell(n, "failed" if n % 3 == 0 else "passed") for n in range(10)])
    press(grid, *[Qt.Key.Key_Right] * 6)
    grid.set_filter(frozenset({"failed"}))
    assert grid.shown_keys == ["Shelf/0", "Shelf/3", "Shelf/6", "Shelf/9"]
    assert grid.current_key == "Shelf/6"
    grid.set_filter(None)
    assert len(grid.shown_keys) == 10
    assert grid.current_key == "Shelf/6"


def test_a_cell_that_becomes_another_kind_comes_into_the_filter_and_leaves_it(
    grid: ProblemGrid,
) -> None:
    grid.set_cells([cell(n, WAITING) for n in range(4)])
    grid.set_filter(frozenset({"failed"}))
    grid.change_cells({"Shelf/2": cell(2, "failed"), "Shelf/9": cell(9, "failed")})
    assert grid.shown_keys == ["Shelf/2"]
    grid.change_cells({"Shelf/2": cell(2)})
    assert grid.shown_keys == []
    assert grid.current_key == ""
    assert "no problems" in grid.accessibleName()


def test_a_changed_cell_is_painted_in_its_new_colour(grid: ProblemGrid) -> None:
    grid.set_cells([cell(0, WAITING), cell(1, WAITING)])
    before = colours(grid, 0)
    grid.change_cells({"Shelf/0": cell(0, "failed")})
    assert colours(grid, 0) != before
    assert kind_colour("failed", THEMES["light"]) in colours(grid, 0)


def test_the_share_that_passed_fills_a_cell_from_below(grid: ProblemGrid) -> None:
    grid.set_cells([cell(0, "passed", share=1.0), cell(1, "passed", share=0.25)])
    image = grid.grab(grid._area(1)).toImage()
    middle = image.width() // 5
    top, bottom = (image.pixelColor(middle, y) for y in (6, image.height() - 5))
    assert top != bottom
    full = grid.grab(grid._area(0)).toImage()
    assert full.pixelColor(middle, 6) == bottom == full.pixelColor(middle, full.height() - 5)


def test_no_kind_is_told_by_its_colour_alone(grid: ProblemGrid) -> None:
    signs = [SIGNS[kind] for kind in SIGNS]
    assert len(set(signs)) == len(signs)
    seen = {kind: kind_colour(kind, THEMES["light"]) for kind in SIGNS}
    assert all(QColor(colour).isValid() for colour in seen.values())


def test_the_tool_tip_has_the_words_of_the_cell(grid: ProblemGrid, qtbot: QtBot) -> None:
    grid.set_cells([cell(n) for n in range(3)])
    place = grid._area(2).center()
    spot = grid.viewport().mapToGlobal(place)
    grid.viewportEvent(QHelpEvent(QHelpEvent.Type.ToolTip, place, spot))
    qtbot.waitUntil(lambda: QToolTip.text() == "Shelf/2: passed")
    grid.viewportEvent(QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(1, 1), spot))
    QToolTip.hideText()


def test_ten_thousand_cells_paint_only_those_in_sight(grid: ProblemGrid) -> None:
    grid.set_cells([cell(n, list(SIGNS)[n % 5]) for n in range(10_000)])
    asked: list[str] = []
    picture = grid._picture

    def counted(shown: GridCell) -> object:
        asked.append(shown.key)
        return picture(shown)

    grid._picture = counted  # type: ignore[method-assign,assignment]
    grid.grab()
    in_sight = grid._columns() * (grid.viewport().height() // grid._step() + 2)
    assert 0 < len(asked) <= in_sight
    assert len(grid._pictures) <= 5
    press(grid, Qt.Key.Key_End)
    asked.clear()
    grid.grab()
    assert "Shelf/9999" in asked
    assert grid.rect().contains(grid._area(9_999))


def test_the_grid_asks_for_more_height_where_it_is_narrow(grid: ProblemGrid) -> None:
    grid.set_cells([cell(n) for n in range(60)])
    grid.resize(800, 200)
    wide = grid.sizeHint().height()
    grid.resize(300, 200)
    assert grid.sizeHint().height() > wide


def test_new_cells_leave_the_keys_where_they_were(grid: ProblemGrid) -> None:
    grid.set_cells([cell(n) for n in range(5)])
    press(grid, Qt.Key.Key_End)
    grid.set_cells([cell(n) for n in range(20)])
    assert grid.current_key == "Shelf/4"
    grid.set_cells([])
    assert grid.current_key == ""
    press(grid, Qt.Key.Key_Right)
