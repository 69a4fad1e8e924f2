from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QLineEdit,
    QProgressBar,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdedge_gui.page import Page
from kdedge_gui.pages.home import HomePage
from kdedge_gui.pages.home import scenes as home_scenes
from kdedge_gui.pages.models import ModelsPage
from kdedge_gui.pages.models import scenes as models_scenes
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.state import AppState

_NAMED = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QLineEdit, QProgressBar, QSlider,
)  # fmt: skip
_CASES = [(HomePage, scene) for scene in home_scenes.SCENES]
_CASES += [(ModelsPage, scene) for scene in models_scenes.SCENES]


@pytest.fixture
def state(qapp: object) -> Iterator[AppState]:
    made = AppState()
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.parametrize(
    ("kind", "scene"), _CASES, ids=lambda each: str(getattr(each, "name", each))
)
def test_a_screen_reader_gets_a_name_for_everything_that_can_be_used(
    qtbot: QtBot, state: AppState, kind: type[Page], scene: Scene
) -> None:
    page = kind(state)
    qtbot.addWidget(page)
    scene.arrange(page, Recorded(RECORDED / page.name))
    unnamed = [
        each.objectName() or type(each).__name__
        for each in page.findChildren(QWidget)
        if isinstance(each, _NAMED) and each.isVisibleTo(page) and not _name(each)
    ]
    assert unnamed == []


def _name(widget: QWidget) -> str:
    if widget.parent() is None or widget.objectName().startswith("qt_"):
        return "Qt's own"
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractSpinBox | QAbstractItemView):
        return "a part of its parent"
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name) if found is not None else ""
