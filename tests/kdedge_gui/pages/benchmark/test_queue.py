"""One job at a time; stopped ones can be resumed, and nothing runs that nobody wants."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from kdedge_gui.pages.benchmark.plan import ModelChoice, Plan, Step, SuiteChoice, steps_of
from kdedge_gui.pages.benchmark.queue import BenchmarkQueue
from kdedge_gui.state import AppState

_WAIT_MS = 60_000
Until = Callable[..., None]


@pytest.fixture
def queue(state: AppState) -> BenchmarkQueue:
    return BenchmarkQueue(state.jobs, state)


@pytest.fixture
def until(qtbot: QtBot, queue: BenchmarkQueue) -> Until:
    def wait(*states: str) -> None:
        qtbot.waitUntil(
            lambda: tuple(each.state for each in queue.steps) == states, timeout=_WAIT_MS
        )

    return wait


def steps(*names: str) -> tuple[Step, ...]:
    models = tuple(ModelChoice(argument=name, label=name, path=f"/m/{name}") for name in names)
    return steps_of(Plan(models=models, suites=(SuiteChoice(name="shelf", n_problems=6),)))


def test_a_second_queue_is_refused_while_a_job_runs(queue: BenchmarkQueue, until: Until) -> None:
    queue.start(steps("a"))
    with pytest.raises(ValueError, match="not ended"):
        queue.start(steps("b"))
    until("done")


def test_jobs_that_are_added_run_after_those_that_are_left(
    queue: BenchmarkQueue, until: Until
) -> None:
    assert queue.add(steps("a")) == 0
    assert queue.add(steps("b", "c")) == 1
    assert [each.state for each in queue.steps] == ["running", "waiting", "waiting"]
    until("done", "done", "done")
    assert queue.add(steps("d")) == 0
    until("done")


def test_a_job_that_is_cancelled_elsewhere_holds_the_queue(
    queue: BenchmarkQueue, state: AppState, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BENCHMARK", "hang")
    queue.start(steps("a", "b"))
    seen: list[int] = []
    queue.events.connect(lambda at, events: seen.append(at))
    (job,) = state.jobs.running()
    job.events.connect(lambda events: job.cancel() if len(seen) == 1 else None)
    until("paused", "waiting")
    assert queue.state == "paused"
    queue.stop()
    assert [each.state for each in queue.steps] == ["cancelled", "cancelled"]
    assert queue.state == "idle"


def test_a_closed_queue_listens_no_more(
    queue: BenchmarkQueue, qtbot: QtBot, state: AppState
) -> None:
    queue.start(steps("a"))
    queue.close()
    qtbot.waitUntil(lambda: state.jobs.running() == [], timeout=_WAIT_MS)
    assert queue.steps[0].state == "running"
