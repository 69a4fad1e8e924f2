"""Every state of the page for its pictures: nothing runs, everything has a name, nothing is cut."""

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QProgressBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdedge_gui.charts.frame import Chart
from kdedge_gui.pages.benchmark import BenchmarkPage
from kdedge_gui.pages.benchmark.scenes import SCENES
from kdedge_gui.shots.clipping import clipped_texts
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.widgets.problem_grid import ProblemGrid

_NAMED = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QProgressBar,
    Chart, ProblemGrid,
)  # fmt: skip
RECORDED_HERE = Recorded(RECORDED / "benchmark")
each_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda each: each.name)


@each_scene
def test_a_state_starts_no_process_and_everything_in_it_has_a_name(
    page: BenchmarkPage, scene: Scene
) -> None:
    scene.arrange(page, RECORDED_HERE)
    page.grab()
    unnamed = [
        each.objectName() or type(each).__name__
        for each in page.findChildren(QWidget)
        if isinstance(each, _NAMED) and each.isVisibleTo(page) and not _name(each)
    ]
    assert unnamed == []
    assert page.state.jobs.all() == []


@pytest.mark.parametrize("percent", [100, 200])
@each_scene
def test_no_text_is_cut(page: BenchmarkPage, qtbot: QtBot, scene: Scene, percent: int) -> None:
    page.state.themes.set_text_percent(percent)
    page.resize(790, 640)
    scene.arrange(page, RECORDED_HERE)
    for _ in range(4):
        QApplication.processEvents()
    assert clipped_texts(page) == []
    page.state.themes.set_text_percent(100)


def _name(widget: QWidget) -> str:
    parent = widget.parentWidget()
    if widget.objectName().startswith("qt_") or isinstance(
        parent, QAbstractSpinBox | QAbstractItemView
    ):
        return "a part of its parent"
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name) if found is not None else ""
