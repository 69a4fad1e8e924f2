from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.command_palette import CommandPalette, matching


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 600)
    return made


@pytest.fixture
def palette(themes: ThemeManager, window: QWidget) -> CommandPalette:
    return CommandPalette(themes, window)


@pytest.fixture
def actions(window: QWidget) -> list[QAction]:
    texts = ["Go to &Models", "Go to Home", "Theme: dark", "Models: rescan"]
    made = [QAction(text, window) for text in texts]
    made[0].setShortcut("Ctrl+2")
    return made


def test_every_typed_word_must_be_there_in_any_order(actions: list[QAction]) -> None:
    assert [each.text() for each in matching(actions, "mod go")] == ["Go to &Models"]
    assert matching(actions, "banana") == []


def test_an_action_that_begins_so_comes_first(actions: list[QAction]) -> None:
    assert next(each.text() for each in matching(actions, "models")) == "Models: rescan"


def _note(ran: list[str], action: QAction) -> None:
    ran.append(action.text())


def test_typing_and_enter_run_an_action_once_and_close(
    qtbot: QtBot, window: QWidget, palette: CommandPalette, actions: list[QAction]
) -> None:
    ran: list[str] = []
    for action in actions:
        action.triggered.connect(partial(_note, ran, action))
    window.show()
    palette.open_with(actions)
    qtbot.keyClicks(palette.field, "theme")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert ran == ["Theme: dark"]
    assert palette.isHidden()


def test_arrow_keys_choose_without_leaving_the_field(
    qtbot: QtBot, window: QWidget, palette: CommandPalette, actions: list[QAction]
) -> None:
    window.show()
    palette.open_with(actions)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Tab):
        qtbot.keyClick(palette.field, key)
    assert palette.list.currentRow() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_PageDown)
    assert palette.list.currentRow() == len(actions) - 1


def test_escape_gives_the_focus_back(
    qtbot: QtBot, window: QWidget, palette: CommandPalette, actions: list[QAction]
) -> None:
    field = QLineEdit(window)
    QVBoxLayout(window).addWidget(field)
    window.show()
    window.activateWindow()
    field.setFocus()
    palette.open_with(actions)
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert window.focusWidget() is field


def test_a_click_beside_it_closes_it(
    qtbot: QtBot, window: QWidget, palette: CommandPalette, actions: list[QAction]
) -> None:
    window.show()
    palette.open_with(actions)
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert palette.isHidden()


def test_an_action_that_cannot_be_used_is_not_offered(
    window: QWidget, palette: CommandPalette, actions: list[QAction]
) -> None:
    actions[1].setEnabled(False)
    palette.open_with(actions)
    assert palette.shown_texts() == ["Go to Models", "Theme: dark", "Models: rescan"]


def test_it_covers_the_window_when_that_grows(
    window: QWidget, palette: CommandPalette, actions: list[QAction]
) -> None:
    window.show()
    palette.open_with(actions)
    window.resize(1200, 800)
    assert palette.size() == window.size()
