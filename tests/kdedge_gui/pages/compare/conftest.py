"""The page with a state of its own."""

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdedge_gui.jobs.process import Commands
from kdedge_gui.pages.compare import ComparePage
from kdedge_gui.state import AppState


@pytest.fixture
def state(qapp: QApplication) -> Iterator[AppState]:
    made = AppState(commands=Commands(kdedge=(sys.executable, "-m", "kdedge")))
    made.themes.set_choice("light")
    made.themes.apply(qapp)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> Iterator[ComparePage]:
    made = ComparePage(state)
    qtbot.addWidget(made)
    made.resize(900, 700)
    yield made
    made.close_page()
