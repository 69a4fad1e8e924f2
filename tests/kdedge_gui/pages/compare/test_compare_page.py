import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QPushButton, QTableView
from pytestqt.qtbot import QtBot

from kdedge_gui.pages.compare import ComparePage
from kdedge_gui.pages.compare.choice import Choice
from kdedge_gui.pages.compare.export import file_kinds
from kdedge_gui.pages.compare.problems_card import MatrixView
from kdedge_gui.state import AppState
from kdedge_gui.wanted import ProblemWanted, RunWanted
from tests.kdedge.report import examples
from tests.kdedge_gui.pages.compare.cases import findings, store_runs, summaries, three, unlike

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo

_WAIT_MS = 60_000


def _button(page: ComparePage, words: str) -> QPushButton:
    buttons = [each for each in page.findChildren(QPushButton) if words in each.text()]
    (button,) = [each for each in buttons if each.isVisibleTo(page)]
    return button


def _list(page: ComparePage) -> QTableView:
    return next(
        each for each in page.findChildren(QTableView) if each.accessibleName() == "Finished runs"
    )


def _shows(page: ComparePage, name: str) -> bool:
    places = {"picker": page.picker, "result": page.result, "unlike": page.unlike}
    return places[name].isVisibleTo(page)


# Choosing


def test_fewer_than_two_finished_runs_are_answered_with_the_way_to_get_some(
    qtbot: QtBot, page: ComparePage, state: AppState
) -> None:
    page.show_runs(summaries(examples.evaluation("Q8_0")))
    assert not _shows(page, "picker")
    assert page.command_text == ""
    with qtbot.waitSignal(state.page_wanted) as wanted:
        _button(page, "Benchmark").click()
    assert wanted.args == ["benchmark", None]


def test_runs_are_ticked_with_the_keyboard_and_the_command_follows(
    qtbot: QtBot, page: ComparePage
) -> None:
    runs = summaries(examples.evaluation("Q8_0"), examples.evaluation("Q4_0"))
    page.show_runs(runs)
    page.show()
    page.picker.focus_list()
    view = _list(page)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert page.choice.run_ids == (runs[0].run_id,)
    assert page.command_text == ""
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert page.choice.run_ids == (runs[0].run_id, runs[1].run_id)
    assert page.command_text == f"kdedge compare {runs[0].run_id} {runs[1].run_id}"
    qtbot.keyClick(view, Qt.Key.Key_B)
    assert page.choice.baseline == runs[1].run_id
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert page.choice.run_ids == (runs[0].run_id,)


def test_a_click_anywhere_in_a_row_ticks_it_once(qtbot: QtBot, page: ComparePage) -> None:
    runs = summaries(examples.evaluation("Q8_0"), examples.evaluation("Q4_0"))
    page.show_runs(runs)
    page.show()
    view = _list(page)
    for column in (0, 2):
        place = view.visualRect(view.model().index(0, column))
        box = place.topLeft() + QPoint(14, place.height() // 2)
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box)
        expected = (runs[0].run_id,) if column == 0 else ()
        assert page.choice.run_ids == expected


def test_a_seventh_run_is_refused_with_a_sentence(qtbot: QtBot, page: ComparePage) -> None:
    runs = summaries(*[examples.evaluation("Q8_0", name=f"m{n}") for n in range(7)])
    page.show_runs(runs)
    view = _list(page)
    for row in range(7):
        view.setCurrentIndex(view.model().index(row, 0))
        qtbot.keyClick(view, Qt.Key.Key_Space)
    assert page.choice.run_ids == tuple(run.run_id for run in runs[:6])
    assert "6 runs are the most" in page.picker.told


def test_the_filter_looks_into_model_type_suite_and_run_id(page: ComparePage) -> None:
    runs = summaries(*three())
    page.show_runs(runs)
    page.picker.filter("q4_0 humaneval")
    assert page.picker.table.rowCount() == 1
    page.picker.filter(runs[0].run_id)
    assert page.picker.table.rowCount() == 1
    page.picker.filter("")
    assert page.picker.table.rowCount() == 6


def test_a_run_that_is_gone_is_no_longer_chosen(page: ComparePage) -> None:
    runs = summaries(*three())
    page.show_runs(runs)
    page.picker.set_choice(Choice(tuple(run.run_id for run in runs[:3])))
    page.show_runs(runs[1:])
    assert page.choice.run_ids == (runs[1].run_id, runs[2].run_id)


def test_a_run_another_page_asks_for_is_ticked(qtbot: QtBot, page: ComparePage) -> None:
    ids = store_runs(examples.evaluation("Q8_0"), examples.evaluation("Q4_0"))
    page.entered(RunWanted(run_id=ids[0]))
    qtbot.waitUntil(lambda: page.picker.table.rowCount() == 2, timeout=_WAIT_MS)
    assert page.choice.run_ids == (ids[0],)
    assert _shows(page, "picker")


def test_runs_that_are_not_finished_are_not_offered(qtbot: QtBot, page: ComparePage) -> None:
    from kdedge.core.store import Store

    store_runs(examples.evaluation("Q8_0"), examples.evaluation("Q4_0"))
    with Store.open() as store:
        store.begin_run(verb="evaluate", key="", subject={})
        other = store.begin_run(verb="quantize", key="", subject={})
        store.finish_run(other.run_id, status="done", document={})
    page.entered()
    qtbot.waitUntil(lambda: page.picker.table.rowCount() == 2, timeout=_WAIT_MS)


def test_a_run_finished_elsewhere_appears_by_itself(
    qtbot: QtBot, page: ComparePage, state: AppState
) -> None:
    store_runs(examples.evaluation("Q8_0"), examples.evaluation("Q4_0"))
    page.entered()
    qtbot.waitUntil(lambda: page.picker.table.rowCount() == 2, timeout=_WAIT_MS)
    store_runs(examples.evaluation("Q4_1"))
    state.store.poke()
    qtbot.waitUntil(lambda: page.picker.table.rowCount() == 3, timeout=_WAIT_MS)


# Comparing


def _compare(qtbot: QtBot, page: ComparePage, *contents: dict[str, object]) -> list[str]:
    ids = store_runs(*contents)
    page.entered()
    qtbot.waitUntil(lambda: page.picker.table.rowCount() == len(ids), timeout=_WAIT_MS)
    page.picker.set_choice(Choice(tuple(ids)))
    page.compare()
    return ids


def test_chosen_runs_are_read_and_compared_in_the_background(
    qtbot: QtBot, page: ComparePage
) -> None:
    ids = _compare(qtbot, page, *three())
    assert not _shows(page, "picker")
    qtbot.waitUntil(lambda: _shows(page, "result"), timeout=_WAIT_MS)
    assert page.command_text == f"kdedge compare {' '.join(ids)}"
    assert page.result.advice.sentence == findings().advice.sentence


def test_another_model_can_be_made_the_baseline_of_the_result(
    qtbot: QtBot, page: ComparePage
) -> None:
    ids = _compare(qtbot, page, *three())
    qtbot.waitUntil(lambda: _shows(page, "result"), timeout=_WAIT_MS)
    page.result.choose_baseline(1)
    assert page.choice.run_ids[:2] == (ids[2], ids[3])
    qtbot.waitUntil(lambda: _shows(page, "result"), timeout=_WAIT_MS)
    assert page.command_text.startswith(f"kdedge compare {ids[2]}")
    assert page.result.baseline == "Q4_0"


def test_runs_of_one_model_are_refused_in_the_librarys_words(
    qtbot: QtBot, page: ComparePage
) -> None:
    _compare(qtbot, page, examples.profile("Q8_0"), examples.evaluation("Q8_0"))
    qtbot.waitUntil(lambda: page.banner.isVisibleTo(page), timeout=_WAIT_MS)
    assert "nothing to compare" in page.banner.text
    assert _shows(page, "picker")


def test_a_comparison_can_be_cancelled(qtbot: QtBot, page: ComparePage) -> None:
    _compare(qtbot, page, *three())
    page.choose()
    assert _shows(page, "picker")
    done: list[int] = []
    page.state.store.ask(lambda _: 1, owner=page, done=done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=_WAIT_MS)
    assert _shows(page, "picker")


def test_unlike_runs_are_held_back_each_difference_by_its_name(page: ComparePage) -> None:
    page.show_findings(findings(*unlike()))
    assert _shows(page, "unlike")
    assert any("preset: evalplus-chat/1 / evalplus-base/1" in each for each in page.unlike.told)
    assert "--allow-unlike" not in page.command_text


def test_unlike_runs_compared_anyway_keep_their_flag(page: ComparePage) -> None:
    runs = summaries(*unlike())
    page.show_runs(runs)
    page.picker.set_choice(Choice(tuple(run.run_id for run in runs)))
    page.show_findings(findings(*unlike()))
    _button(page, "anyway").click()
    assert _shows(page, "result")
    assert "UNLIKE" in page.result.flags.text
    assert page.result.flags.isVisibleTo(page)
    assert page.command_text.endswith("--allow-unlike")


def test_like_runs_have_no_flag(page: ComparePage) -> None:
    page.show_findings(findings())
    assert not page.result.flags.isVisibleTo(page)


def test_other_axes_are_in_the_command_line_too(page: ComparePage) -> None:
    runs = summaries(*three())
    page.show_runs(runs)
    page.picker.set_choice(Choice(tuple(run.run_id for run in runs)))
    page.show_findings(findings())
    page.result.front.choose_axes("ttft", "memory")
    assert page.command_text.endswith("--front ttft,memory")
    assert page.result.front.axes == ("ttft", "memory")


def test_the_same_axis_twice_swaps_the_two(page: ComparePage) -> None:
    page.show_findings(findings())
    across = page.result.front.across
    across.setCurrentIndex(across.findData("pass@1"))
    across.activated.emit(across.currentIndex())
    assert page.result.front.axes == ("pass@1", "decode")


def test_runs_without_two_common_axes_have_no_front_to_show(page: ComparePage) -> None:
    first, second = examples.evaluation("Q8_0"), examples.evaluation("Q4_0")
    for each in (first, second):
        each["model"]["file_bytes"] = None
    page.show_findings(findings(first, second))
    page.picker.set_choice(Choice(("a", "b")))
    page.result.finish()
    assert not page.result.front.isVisibleTo(page)
    offered = {action.text().split()[0] for action in page.exporter.actions if action.isEnabled()}
    assert offered == {"Report", "Comparison"}


def test_front_and_problems_follow_by_themselves(qtbot: QtBot, page: ComparePage) -> None:
    page.show_findings(findings())
    assert page.result.advice.isVisibleTo(page)
    assert not page.result.problems.isVisibleTo(page)
    qtbot.waitUntil(lambda: page.result.problems.isVisibleTo(page), timeout=_WAIT_MS)
    assert page.result.front.isVisibleTo(page)


# Problems


def test_a_click_on_a_problem_opens_it_on_the_benchmark_page(
    qtbot: QtBot, page: ComparePage, state: AppState
) -> None:
    page.show_findings(findings())
    page.result.finish()
    (view,) = page.findChildren(MatrixView)
    index = view.model().index(1, 2)
    with qtbot.waitSignal(state.page_wanted) as wanted:
        view.clicked.emit(index)
    run_id = examples.evaluation("Q4_0")["run"]
    assert wanted.args == ["benchmark", ProblemWanted(run_id=run_id, task_id="HumanEval/2")]
    view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
    with qtbot.waitSignal(state.page_wanted) as again:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert again.args == wanted.args


# Files


@pytest.mark.parametrize("ending", ["html", "csv", "json", "md"])
def test_a_report_is_written_whole_by_the_command_line(
    qtbot: QtBot, page: ComparePage, tmp_path: Path, ending: str
) -> None:
    _compare(qtbot, page, *three()[:4])
    qtbot.waitUntil(lambda: _shows(page, "result"), timeout=_WAIT_MS)
    kind = next(kind for kind in file_kinds()[0] if kind.ending == ending)
    target = tmp_path / f"report.{ending}"
    with qtbot.waitSignal(page.exporter.written, timeout=_WAIT_MS) as written:
        page.exporter.write(kind, target)
    assert written.args == [str(target)]
    assert "Q4" in target.read_text()
    assert list(tmp_path.iterdir()) == [target]
    assert "is written" in page.banner.text


def test_a_chart_is_written_without_a_job(
    page: ComparePage, state: AppState, tmp_path: Path
) -> None:
    page.show_runs(summaries(*three()))
    page.picker.set_choice(Choice(("a", "b")))
    page.show_findings(findings())
    for kind in file_kinds()[2]:
        target = tmp_path / f"chart.{kind.ending}"
        page.exporter.write(kind, target)
        assert target.stat().st_size > 1000
    assert state.jobs.all() == []


@pytest.mark.parametrize("group", [0, 2])
def test_a_folder_that_is_not_there_is_said_and_nothing_half_is_left(
    qtbot: QtBot, page: ComparePage, tmp_path: Path, group: int
) -> None:
    _compare(qtbot, page, *three()[:4])
    qtbot.waitUntil(lambda: _shows(page, "result"), timeout=_WAIT_MS)
    kind = file_kinds()[group][0]
    told: list[ErrorInfo] = []
    page.exporter.failed.connect(told.append)
    page.exporter.write(kind, tmp_path / "gone" / f"out.{kind.ending}")
    qtbot.waitUntil(lambda: bool(told), timeout=_WAIT_MS)
    assert "does not exist" in told[0].problem
    assert told[0].hint
    assert page.banner.kind == "bad"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "no permission")]
)
def test_a_full_disk_and_a_read_only_one_are_said_and_the_old_file_stays(
    page: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(code, "refused")

    page.show_runs(summaries(*three()))
    page.picker.set_choice(Choice(("a", "b")))
    page.show_findings(findings())
    target = tmp_path / "chart.svg"
    target.write_text("the earlier one")
    monkeypatch.setattr("kdedge.core.files.os.fsync", refuse)
    page.exporter.write(file_kinds()[2][1], target)
    assert page.banner.kind == "bad"
    assert words in page.banner.text
    assert target.read_text() == "the earlier one"
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_can_be_written_while_there_is_no_result(page: ComparePage) -> None:
    page.show_runs(summaries(*three()))
    assert not any(action.isEnabled() for action in page.exporter.actions)
    page.show_findings(findings())
    page.picker.set_choice(Choice(("a", "b")))
    assert all(action.isEnabled() for action in page.exporter.actions)


def test_a_dialog_that_asks_for_a_path_does_not_hold_up_the_window(
    qtbot: QtBot, page: ComparePage
) -> None:
    page.show_findings(findings())
    dialog = page.exporter.ask(file_kinds()[0][1])
    assert dialog.defaultSuffix() == "csv"
    dialog.reject()
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=_WAIT_MS)
