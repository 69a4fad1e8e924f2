import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from kdedge_gui.shots.clipping import clipped_texts
from kdedge_gui.widgets.elided_label import ElidedLabel

TEXT = "A sentence of some length that needs its room"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(600, 400)
    return made


def _size(widget: QLabel | QPushButton | QToolButton, width: int, height: int) -> None:
    widget.setText(TEXT)
    widget.resize(width, height)


def test_text_with_room_is_not_counted(window: QWidget) -> None:
    for kind in (QLabel, QPushButton):
        made = kind(TEXT, window)
        made.adjustSize()
    window.show()
    assert clipped_texts(window) == []


@pytest.mark.parametrize("kind", [QLabel, QPushButton])
def test_text_wider_than_its_widget_is_counted(
    window: QWidget, kind: type[QLabel | QPushButton]
) -> None:
    _size(kind(window), 80, 40)
    window.show()
    assert clipped_texts(window) == [f"{kind.__name__}: {TEXT}"]


def test_lines_that_do_not_fit_below_each_other_are_counted(window: QWidget) -> None:
    label = QLabel(window)
    label.setWordWrap(True)
    _size(label, 100, 20)
    window.show()
    assert len(clipped_texts(window)) == 1
    label.resize(100, label.heightForWidth(100))
    assert clipped_texts(window) == []


def test_text_beyond_the_edge_of_its_parent_is_counted(window: QWidget) -> None:
    label = QLabel(TEXT, window)
    label.adjustSize()
    label.move(580, 0)
    window.show()
    assert len(clipped_texts(window)) == 1


def test_hidden_and_purposely_shortened_text_is_not_counted(window: QWidget) -> None:
    hidden = QLabel(window)
    _size(hidden, 10, 10)
    hidden.hide()
    shortened = ElidedLabel(window)
    shortened.show_text(TEXT)
    shortened.resize(60, 20)
    icon_only = QToolButton(window)
    _size(icon_only, 24, 24)
    window.show()
    hidden.hide()
    assert clipped_texts(window) == []
