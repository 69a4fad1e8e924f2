from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdedge_gui.library import ModelEntry
from kdedge_gui.pages.assistant import AssistantPage
from kdedge_gui.state import AppState
from tests.kdedge_gui.children import fake_commands
from tests.kdedge_gui.pages.assistant.fake_engine import MODEL, FakeEngine


@pytest.fixture
def state(qapp: QApplication) -> Iterator[AppState]:
    made = AppState(commands=fake_commands())
    made.engine.close()
    made.engine = FakeEngine(made)  # type: ignore[assignment]
    made.library.entries = (
        ModelEntry(name="tiny", path=MODEL, origin="added", file_bytes=1000),
        ModelEntry(name="other", path=Path("/models/other.gguf"), origin="added", file_bytes=2000),
    )
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def engine(state: AppState) -> FakeEngine:
    assert isinstance(state.engine, FakeEngine)
    return state.engine


@pytest.fixture
def page(qtbot: QtBot, state: AppState) -> AssistantPage:
    made = AssistantPage(state)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made
