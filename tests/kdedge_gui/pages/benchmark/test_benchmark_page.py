"""The page as a user meets it: choose, start, watch, pause, go on, look into a failure."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from kdedge_gui.pages.benchmark import BenchmarkPage
from kdedge_gui.state import AppState
from kdedge_gui.wanted import ModelsWanted, ModelWanted, ProblemWanted, RunWanted

_WAIT_MS = 60_000
AddRun = Callable[..., str]


def ready(page: BenchmarkPage, qtbot: QtBot, *models: str) -> None:
    """Enter the page, wait for the suites, and tick models by name."""
    page.entered()
    qtbot.waitUntil(lambda: bool(page.suites.suites), timeout=_WAIT_MS)
    page.set_up.suites.choose(["shelf"])
    paths = {entry.name: str(entry.path) for entry in page.state.library.entries}
    page.set_up.models.choose([paths[name] for name in models])


def until(qtbot: QtBot, page: BenchmarkPage, *states: str) -> None:
    """Wait until the jobs are in these states and the page shows it."""
    qtbot.waitUntil(
        lambda: tuple(each.state for each in page.queue.steps) == states, timeout=_WAIT_MS
    )
    page._refresh()


def pressed(page: BenchmarkPage, words: str) -> None:
    buttons = [each for each in page.findChildren(QPushButton) if words in each.text()]
    (button,) = [each for each in buttons if each.isVisible()]
    assert button.isEnabled()
    button.click()


def kinds(page: BenchmarkPage) -> list[str]:
    return [cell.kind for cell in page.run.score.grid.cells]


def test_nothing_can_be_started_before_a_model_and_a_suite_are_chosen(
    page: BenchmarkPage, qtbot: QtBot
) -> None:
    ready(page, qtbot)
    assert not page.set_up.forecast.start_button.isEnabled()
    assert page.command_text == ""
    page.set_up.models.choose([str(page.state.library.entries[0].path)])
    assert page.set_up.forecast.start_button.isEnabled()
    assert page.command_text == "kdedge evaluate small --suite shelf"


def test_a_model_that_cannot_be_read_cannot_be_chosen(page: BenchmarkPage, qtbot: QtBot) -> None:
    ready(page, qtbot, "broken")
    assert page.set_up.plan().models == ()


def test_several_jobs_show_their_command_lines_one_below_the_other(
    page: BenchmarkPage, qtbot: QtBot
) -> None:
    ready(page, qtbot, "small", "large")
    page.set_up.profile.setChecked(True)
    assert page.command_text == ""
    assert page.set_up.forecast.commands.text.splitlines() == [
        "kdedge evaluate small --suite shelf",
        "kdedge profile small --quick",
        "kdedge evaluate large --suite shelf",
        "kdedge profile large --quick",
    ]
    assert "4 jobs" in page.set_up.forecast.start_button.text()


def test_a_k_larger_than_n_is_said_and_cannot_be_started(
    page: BenchmarkPage, qtbot: QtBot
) -> None:
    ready(page, qtbot, "small")
    page.set_up.options._ks.setText("1,10")
    assert "raise n to 10" in page.set_up.problem
    assert not page.set_up.forecast.start_button.isEnabled()
    page.set_up.options._samples.setValue(10)
    assert page.set_up.problem == ""
    page.set_up.options._ks.setText("many")
    assert page.set_up.options.settings() is None


def test_a_benchmark_runs_to_its_score(page: BenchmarkPage, qtbot: QtBot) -> None:
    ready(page, qtbot, "small")
    pressed(page, "Start")
    until(qtbot, page, "done")
    assert kinds(page) == ["passed", "failed", "passed", "timed_out", "error", "passed"]
    (estimate,) = page.session.runs[0].live.estimates
    assert (estimate.value, estimate.low, estimate.high) == (0.5, 0.2, 0.8)
    assert any("wrong result 1" in text for text in page.run.score.legend.texts)
    assert "evaluate small" in page.command_text


def test_jobs_run_one_after_another_and_the_page_follows(
    page: BenchmarkPage, qtbot: QtBot
) -> None:
    ready(page, qtbot, "small", "large")
    page.set_up.profile.setChecked(True)
    page.start()
    until(qtbot, page, "done", "done", "done", "done")
    assert page.run.steps.isVisible()
    profile = page.session.runs[1]
    assert [each.value for each in profile.live.repetitions] == [20.0, 21.0, 20.5, 3e8]
    page.run.steps.chosen.emit(1)
    assert not page.run.score.isVisible()
    page.run.steps.chosen.emit(0)
    assert page.run.score.isVisible()


def test_a_paused_benchmark_goes_on_where_it_was(
    page: BenchmarkPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BENCHMARK", "hang")
    ready(page, qtbot, "small", "large")
    page.start()
    live = page.session.runs[0].live
    qtbot.waitUntil(lambda: len(live.completions) == 4, timeout=_WAIT_MS)
    page._refresh()
    pressed(page, "ause")
    until(qtbot, page, "paused", "waiting")
    assert page.queue.state == "paused"
    monkeypatch.delenv("FAKE_BENCHMARK")
    first_run = page.queue.steps[0].run_id
    pressed(page, "Go on")
    until(qtbot, page, "done", "done")
    assert page.queue.steps[0].run_id == first_run
    assert len(live.completions) == 6


def test_a_stopped_benchmark_leaves_out_the_rest(
    page: BenchmarkPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BENCHMARK", "hang")
    ready(page, qtbot, "small", "large")
    page.start()
    live = page.session.runs[0].live
    qtbot.waitUntil(lambda: len(live.completions) == 4, timeout=_WAIT_MS)
    page._refresh()
    pressed(page, "top")
    until(qtbot, page, "cancelled", "cancelled")
    assert page.queue.state == "idle"


def test_a_failure_is_said_and_the_next_job_runs(
    page: BenchmarkPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BENCHMARK", "fail")
    ready(page, qtbot, "small", "large")
    page.start()
    until(qtbot, page, "failed", "failed")
    assert "cannot be loaded" in page.banner.text
    monkeypatch.delenv("FAKE_BENCHMARK")
    pressed(page, "Try again")
    until(qtbot, page, "failed", "done")


def test_an_unfinished_run_of_another_process_is_offered_and_gone_on_with(
    page: BenchmarkPage, qtbot: QtBot, add_run: AddRun
) -> None:
    run = add_run(status="interrupted")
    ready(page, qtbot)
    qtbot.waitUntil(page.set_up.unfinished.isVisible, timeout=_WAIT_MS)
    pressed(page, "Go on")
    qtbot.waitUntil(lambda: bool(page.queue.steps), timeout=_WAIT_MS)
    until(qtbot, page, "done")
    assert page.queue.steps[0].run_id == run
    assert kinds(page).count("passed") == 3
    assert f"--resume --run {run}" in page.command_text


def test_an_earlier_run_is_opened_and_looked_into(
    page: BenchmarkPage, qtbot: QtBot, add_run: AddRun
) -> None:
    run = add_run()
    page.entered(RunWanted(run_id=run))
    qtbot.waitUntil(lambda: len(kinds(page)) == 6, timeout=_WAIT_MS)
    assert page.command_text == f"kdedge report {run}"
    page.run.score.grid.activated.emit("Shelf/1")
    drill = page.run.drill
    qtbot.waitUntil(lambda: drill.section_text("tests") != "", timeout=_WAIT_MS)
    assert drill.task_id == "Shelf/1"
    assert drill.detail == "shelf_1([1]) is wrong"
    assert "return 1" in drill.section_text("program")
    assert "return 1" in drill.section_text("completion")
    assert "Problem 1" in drill.section_text("prompt")
    assert "assert candidate([1]) == 1" in drill.section_text("tests")


def test_next_and_previous_go_from_failing_problem_to_failing_problem(
    page: BenchmarkPage, qtbot: QtBot, add_run: AddRun
) -> None:
    page.entered(ProblemWanted(run_id=add_run(), task_id="Shelf/1"))
    drill = page.run.drill
    qtbot.waitUntil(lambda: drill.detail != "", timeout=_WAIT_MS)
    assert not drill._previous.isEnabled()
    seen = []
    for _ in range(2):
        drill._next.click()
        qtbot.waitUntil(
            lambda: drill.task_id not in ("Shelf/1", *seen) and drill.detail != "",
            timeout=_WAIT_MS,
        )
        seen.append(drill.task_id)
    assert seen == ["Shelf/3", "Shelf/4"]
    qtbot.waitUntil(lambda: not drill._next.isEnabled(), timeout=_WAIT_MS)
    drill._previous.click()
    qtbot.waitUntil(lambda: drill.task_id == "Shelf/3", timeout=_WAIT_MS)
    QTest.keyClick(drill, Qt.Key.Key_Escape)
    assert not page.run.is_drilling


def test_the_first_completion_that_failed_is_shown_of_several(
    page: BenchmarkPage, qtbot: QtBot, add_run: AddRun
) -> None:
    page.entered(ProblemWanted(run_id=add_run(n_samples=3), task_id="Shelf/2"))
    drill = page.run.drill
    qtbot.waitUntil(lambda: drill.detail != "", timeout=_WAIT_MS)
    assert drill._samples.count() == 3
    assert drill._samples.currentIndex() == 1
    drill.sample_wanted.emit(0)
    qtbot.waitUntil(lambda: drill._samples.currentIndex() == 0, timeout=_WAIT_MS)
    assert drill.detail == "", "the first one passed"


def test_a_filter_of_the_legend_narrows_the_grid(
    page: BenchmarkPage, qtbot: QtBot, add_run: AddRun
) -> None:
    page.entered(RunWanted(run_id=add_run()))
    qtbot.waitUntil(lambda: len(kinds(page)) == 6, timeout=_WAIT_MS)
    page.run.score.legend.choose("timed_out")
    assert page.run.score.grid.shown_keys == ["Shelf/3"]
    page.run.score.legend.choose("")
    assert len(page.run.score.grid.shown_keys) == 6


def test_a_run_that_is_not_there_is_said(page: BenchmarkPage, qtbot: QtBot) -> None:
    page.entered(RunWanted(run_id="nothing"))
    qtbot.waitUntil(lambda: "no run" in page.banner.text, timeout=_WAIT_MS)
    assert "nothing" in page.banner.text


def test_a_model_that_another_page_names_is_chosen(page: BenchmarkPage, qtbot: QtBot) -> None:
    ready(page, qtbot)
    entry = page.state.library.entries[1]
    page.entered(ModelWanted(path=entry.path))
    assert [model.label for model in page.set_up.plan().models] == ["large"]


def test_all_models_that_another_page_names_are_chosen(page: BenchmarkPage, qtbot: QtBot) -> None:
    ready(page, qtbot)
    paths = tuple(entry.path for entry in page.state.library.entries[:2])
    page.entered(ModelsWanted(paths=paths))
    assert len(page.set_up.plan().models) == 2


def test_suites_that_cannot_be_listed_are_said_and_asked_again(
    page: BenchmarkPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_BENCHMARK", "no suites")
    page.entered()
    qtbot.waitUntil(lambda: "suites are missing" in page.banner.text, timeout=_WAIT_MS)
    monkeypatch.delenv("FAKE_BENCHMARK")
    pressed(page, "Try again")
    qtbot.waitUntil(lambda: bool(page.suites.suites), timeout=_WAIT_MS)
    assert page.banner.isHidden()


def test_a_forecast_follows_from_the_runs_before(
    page: BenchmarkPage, qtbot: QtBot, state: AppState
) -> None:
    ready(page, qtbot, "small")
    assert "not known yet" in page.set_up.forecast._time.accessibleName()
    page.start()
    until(qtbot, page, "done")
    page.show_set_up()
    qtbot.waitUntil(
        lambda: "about" in page.set_up.forecast._time.accessibleName(), timeout=_WAIT_MS
    )
    assert "This is a guess" in page.set_up.forecast._bases.text()


def test_closing_the_page_during_a_job_leaves_a_run_that_can_be_resumed(
    page: BenchmarkPage, qtbot: QtBot, state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdedge.core.run_summaries import run_summaries
    from kdedge.core.store import Store

    monkeypatch.setenv("FAKE_BENCHMARK", "hang")
    ready(page, qtbot, "small")
    page.start()
    live = page.session.runs[0].live
    qtbot.waitUntil(lambda: len(live.completions) == 4, timeout=_WAIT_MS)
    page.close_page()
    state.close()
    with Store.open() as store:
        (run,) = run_summaries(store)
    assert run.status == "interrupted"
    assert run.n_completions_done == 4
