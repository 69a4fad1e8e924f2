"""What holds for every test of the app: no screen, a home of its own, nothing left running."""

import os
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, QProcess, QThread, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import Shiboken

from kdedge_gui.theme.manager import ThemeManager

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def home_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a timer or a process of its own alive."""
    threads_before = set(threading.enumerate())
    objects_before = {id(each) for each in _at_work()}
    yield
    if QApplication.instance() is not None:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    threads = [each.name for each in threading.enumerate() if each not in threads_before]
    left = [_words(each) for each in _at_work() if id(each) not in objects_before]
    assert not threads, f"threads left: {threads}"
    assert not left, f"left at work: {left}"


@pytest.fixture
def themes(qapp: QApplication) -> ThemeManager:
    made = ThemeManager()
    made.set_choice("light")
    made.apply(qapp)
    return made


def _at_work() -> list[QObject]:
    found = []
    for each in Shiboken.getAllValidWrappers():
        is_timer = isinstance(each, QTimer) and each.isActive()
        is_thread = isinstance(each, QThread) and each.isRunning()
        is_process = (
            isinstance(each, QProcess) and each.state() != QProcess.ProcessState.NotRunning
        )
        if is_timer or (is_thread and not _is_main(each)) or is_process:
            found.append(each)
    return found


def _is_main(thread: QThread) -> bool:
    app = QApplication.instance()
    return app is not None and thread is app.thread()


def _words(each: QObject) -> str:
    parent = each.parent()
    return f"{type(each).__name__} of {type(parent).__name__}"
