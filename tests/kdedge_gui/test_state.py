import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.state import AppState
from tests.kdedge_gui.children import fake_commands, is_gone

_WAIT_MS = 60_000


@pytest.fixture
def state(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppState]:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path))
    made = AppState(commands=fake_commands())
    yield made
    made.close()


def test_making_the_services_starts_no_thread_and_writes_nothing(
    state: AppState, tmp_path: Path
) -> None:
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"store", "machine", "background-1", "background-2"}
    assert list(tmp_path.iterdir()) == []


def test_the_look_follows_the_preferences(state: AppState) -> None:
    state.preferences.theme = "dark"
    state.preferences.text_percent = 150
    assert state.themes.theme.name == "dark"
    assert state.themes.text_percent == 150


def test_the_end_of_a_job_has_the_store_looked_at(
    qtbot: QtBot, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    poked: list[str] = []
    monkeypatch.setattr(state.store, "poke", lambda: poked.append("poked"))
    job = state.jobs.start(JobSpec(verb="normal", arguments=(), title="a job"))
    qtbot.waitUntil(lambda: bool(poked), timeout=_WAIT_MS)
    assert job.is_over


def test_closing_leaves_no_thread_and_no_child(qtbot: QtBot, state: AppState) -> None:
    state.start()
    job = state.jobs.start(JobSpec(verb="slow", arguments=(), title="a job"))
    qtbot.waitUntil(lambda: job.run_id is not None, timeout=_WAIT_MS)
    pid = job.pid
    state.close()
    assert is_gone(pid)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"store", "machine", "background-1", "background-2"}


_HEAVY = "numpy pyqtgraph pygments psutil kdedge.report llama_cpp matplotlib sqlite3 gguf typer"


def test_the_services_import_nothing_heavy() -> None:
    script = "import sys, kdedge_gui.state; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not set(_HEAVY.split()) & set(ended.stdout.split())
