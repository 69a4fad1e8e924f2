import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from kdedge.core.errors import KdedgeError
from kdedge_gui.background import Background

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo

_WAIT_MS = 60_000


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def _idle(qtbot: QtBot, background: Background) -> None:
    qtbot.waitUntil(lambda: background.is_idle, timeout=_WAIT_MS)


def test_work_is_done_in_a_thread_and_told_in_this_one(
    qtbot: QtBot, background: Background
) -> None:
    told: list[tuple[str, str]] = []
    background.run(
        lambda: threading.current_thread().name,
        owner=background,
        done=lambda name: told.append((name, threading.current_thread().name)),
    )
    _idle(qtbot, background)
    assert told[0][0].startswith("background")
    assert told[0][1] == threading.current_thread().name


@pytest.mark.parametrize("error", [KdedgeError("Gone.", hint="Back."), RuntimeError("odd")])
def test_what_goes_wrong_is_told_as_an_error(
    qtbot: QtBot, background: Background, error: Exception
) -> None:
    def work() -> None:
        raise error

    failures: list[ErrorInfo] = []
    background.run(work, owner=background, done=failures.append, failed=failures.append)
    _idle(qtbot, background)
    (failure,) = failures
    assert failure.problem
    assert failure.hint


def test_a_cancelled_task_calls_nobody(qtbot: QtBot, background: Background) -> None:
    told: list[object] = []
    go = threading.Event()
    task = background.run(go.wait, owner=background, done=told.append, failed=told.append)
    task.cancel()
    go.set()
    _idle(qtbot, background)
    assert told == []
    assert task.is_over


def test_a_task_cancelled_before_its_turn_is_never_done(
    qtbot: QtBot, background: Background
) -> None:
    go, done = threading.Event(), []
    for _ in range(2):
        background.run(go.wait, owner=background, done=lambda _: None)
    task = background.run(lambda: done.append(1), owner=background, done=lambda _: None)
    task.cancel()
    go.set()
    _idle(qtbot, background)
    assert done == []


def test_nobody_is_called_for_an_owner_that_is_gone(qtbot: QtBot, background: Background) -> None:
    told: list[object] = []
    owner, go = QObject(), threading.Event()
    background.run(go.wait, owner=owner, done=told.append, failed=told.append)
    delete(owner)
    go.set()
    _idle(qtbot, background)
    assert told == []


def test_one_slow_task_holds_up_no_other(qtbot: QtBot, background: Background) -> None:
    go, told = threading.Event(), []
    background.run(go.wait, owner=background, done=lambda _: told.append("slow"))
    for number in range(20):
        background.run(lambda n=number: n, owner=background, done=told.append)
    qtbot.waitUntil(lambda: len(told) == 20, timeout=_WAIT_MS)
    assert told == list(range(20))
    go.set()
    _idle(qtbot, background)


def test_closing_waits_for_running_work_and_tells_nobody(qtbot: QtBot) -> None:
    background = Background()
    told: list[object] = []
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait()

    background.run(work, owner=background, done=told.append)
    begun.wait()
    threads = list(background._threads)
    go.set()
    background.close()
    assert not any(thread.is_alive() for thread in threads)
    assert told == []


def test_after_closing_work_is_refused_quietly(qapp: object) -> None:
    background = Background()
    background.close()
    assert background.run(lambda: 1, owner=background, done=lambda _: None).is_cancelled
