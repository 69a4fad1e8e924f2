import json
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QWidget,
)

from kdedge_gui.pages.compare import ComparePage
from kdedge_gui.pages.compare.scenes import SCENES
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene

FOLDER = RECORDED / "compare"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_can_be_arranged_and_its_controls_are_named(
    page: ComparePage, scene: Scene
) -> None:
    scene.arrange(page, Recorded(FOLDER))
    page.show()
    kinds = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit)
    for widget in page.findChildren(QWidget):
        is_control = isinstance(widget, kinds) and not isinstance(widget, QHeaderView)
        if is_control and widget.isVisibleTo(page):
            face = QAccessible.queryAccessibleInterface(widget)
            assert face.text(QAccessible.Text.Name), widget


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_recorded_runs_hold_no_path_of_a_machine_and_no_benchmark_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "/root" not in text
    assert "/home" not in text
    assert "site-packages" not in text
    assert "assert " not in text
    assert json.loads(text)
