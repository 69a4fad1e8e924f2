import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdedge_gui.app import Reporter
from kdedge_gui.main_window import MainWindow
from kdedge_gui.page_table import PAGES
from kdedge_gui.state import AppState
from tests.kdedge_gui.children import fake_commands

PATIENCE_S = 120


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_session_closes_the_app_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    environment = {**os.environ, "KDEDGE_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    app = subprocess.Popen(
        [sys.executable, "-m", "kdedge_gui"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    # The log is opened once the window is shown and the loop runs.
    _wait_for(tmp_path / "app.log", app)
    app.send_signal(number)
    _, said = app.communicate(timeout=PATIENCE_S)
    assert app.returncode == 0, said
    assert "Traceback" not in said
    assert "Destroyed while" not in said
    assert list((tmp_path / "crashes").iterdir()) == []
    assert "geometry=" in (tmp_path / "app.ini").read_text(encoding="utf-8")


def test_the_crash_before_is_told_in_the_window(tmp_path: Path) -> None:
    crashes = tmp_path / "crashes"
    crashes.mkdir()
    (crashes / "999999999.txt").write_text("Fatal Python error: Segmentation fault")
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from kdedge_gui import app\n"
        "start = app._start_services\n"
        "def start_and_look(state, window, record):\n"
        "    start(state, window, record)\n"
        "    print(window.banner.text, window.banner._details.toPlainText())\n"
        "    window.close_now()\n"
        "app._start_services = start_and_look\n"
        "sys.exit(app.run())\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KDEDGE_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert found.returncode == 0, found.stderr
    assert "ended unexpectedly" in found.stdout
    assert "Segmentation fault" in found.stdout


def test_an_exception_nobody_caught_is_said_and_the_app_goes_on(
    qtbot: QtBot, qapp: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    state = AppState(commands=fake_commands())
    state.themes.apply(qapp)
    window = MainWindow(state, pages=PAGES[-1:])
    qtbot.addWidget(window)
    error = ZeroDivisionError("division by zero")
    Reporter(window).on_exception(type(error), error, None)
    assert "ZeroDivisionError" in window.banner.text
    assert "nobody caught this" in caplog.text


def _wait_for(path: Path, app: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert app.poll() is None, app.stderr.read() if app.stderr else ""
        assert time.monotonic() < end, "the window did not come up"
        time.sleep(0.02)
