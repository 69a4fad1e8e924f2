import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from kdedge_gui.widgets.flow_layout import FlowLayout


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    layout = FlowLayout(made)
    for _ in range(3):
        button = QPushButton(made)
        button.setFixedSize(100, 20)
        layout.addWidget(button)
    return made


def _places(row: QWidget) -> list[tuple[int, int]]:
    row.grab()  # lays out
    return [(each.x(), each.y()) for each in row.findChildren(QPushButton)]


def test_widgets_stand_in_one_line_while_there_is_room(row: QWidget) -> None:
    row.resize(316, 20)
    assert _places(row) == [(0, 0), (108, 0), (216, 0)]


def test_a_widget_without_room_goes_to_the_next_line(row: QWidget) -> None:
    row.resize(315, 48)
    assert _places(row) == [(0, 0), (108, 0), (0, 28)]


def test_a_hidden_widget_leaves_no_gap(row: QWidget) -> None:
    row.resize(316, 20)
    row.findChildren(QPushButton)[1].hide()
    assert _places(row)[2] == (108, 0)


def test_the_height_follows_the_width(row: QWidget) -> None:
    layout = row.layout()
    assert layout is not None
    assert [layout.heightForWidth(width) for width in (316, 208, 100, 10)] == [20, 48, 76, 76]
    assert layout.minimumSize().width() == 100


def test_an_emptied_row_takes_no_room(row: QWidget) -> None:
    layout = row.layout()
    assert layout is not None
    while layout.count():
        layout.takeAt(0)
    assert layout.sizeHint().isEmpty()
    assert layout.itemAt(0) is None
