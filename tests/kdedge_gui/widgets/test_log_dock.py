import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.log_dock import LogDock

KEPT = 5000


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def dock(themes: ThemeManager, window: QMainWindow) -> LogDock:
    made = LogDock(themes, window)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, made)
    window.show()
    return made


def _lines(dock: LogDock) -> list[str]:
    return dock.view.toPlainText().split("\n")


def test_lines_written_while_it_was_hidden_are_there(dock: LogDock) -> None:
    dock.hide()
    dock.append("job", "first\nsecond")
    dock.show()
    assert _lines(dock) == ["first", "second"]


def test_new_lines_are_drawn_in_one_go(qtbot: QtBot, dock: LogDock) -> None:
    dock.show()
    for number in range(50):
        dock.append("job", f"line {number}")
    assert dock.view.toPlainText() == ""
    qtbot.waitUntil(lambda: len(_lines(dock)) == 50)


def test_a_flood_is_counted_and_not_drawn(qtbot: QtBot, dock: LogDock) -> None:
    dock.show()
    dock.append("job", "\n".join(f"line {number}" for number in range(100_000)))
    qtbot.waitUntil(lambda: _lines(dock)[-1] == "line 99999")
    assert _lines(dock)[0] == "… 99,600 lines are left out"
    assert len(_lines(dock)) == 401


def test_only_the_newest_lines_are_kept(dock: LogDock) -> None:
    dock.hide()
    dock.append("job", "\n".join(f"line {number}" for number in range(3 * KEPT)))
    dock.show()
    assert len(_lines(dock)) == KEPT
    assert _lines(dock)[-1] == f"line {3 * KEPT - 1}"


def test_a_line_without_end_is_cut(dock: LogDock) -> None:
    dock.hide()
    dock.append("job", "x" * 10_000_000)
    dock.show()
    assert len(dock.view.toPlainText()) == 2002


def test_the_log_of_one_job_can_be_read_alone(dock: LogDock) -> None:
    dock.append("first job", "of the first")
    dock.append("second job", "of the second")
    dock.show()
    dock._source.setCurrentIndex(dock._source.findData("second job"))
    assert _lines(dock) == ["of the second"]
    dock.copy()
    assert QGuiApplication.clipboard().text() == "of the second"


def test_what_is_cleared_does_not_come_back(dock: LogDock) -> None:
    dock.append("job", "old")
    dock.show()
    dock.clear()
    dock.hide()
    dock.show()
    assert dock.view.toPlainText() == ""
