import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdedge_gui.jobs.process import Commands
from kdedge_gui.pages.assistant.answer_view import AnswerView
from kdedge_gui.pages.assistant.run_code import CodeRunner, RunOutput
from kdedge_gui.state import AppState
from kdedge_gui.widgets.code_view import CodeView

_WAIT_MS = 60_000
_FAKE = Path(__file__).with_name("fake_kdedge.py")


@pytest.fixture
def state(qapp: QApplication) -> Iterator[AppState]:
    made = AppState(commands=Commands(kdedge=(sys.executable, "-u", str(_FAKE))))
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def code(qtbot: QtBot, state: AppState) -> CodeView:
    made = CodeView(state.themes, state.background, language="python")
    qtbot.addWidget(made)
    return made


def _run(qtbot: QtBot, state: AppState, code: CodeView, text: str, word: str) -> RunOutput:
    code.set_code(text, language="python")
    CodeRunner(state, code).run(code)
    output = code.footer
    assert isinstance(output, RunOutput)
    qtbot.waitUntil(lambda: word in output.text, timeout=_WAIT_MS)
    return output


def test_what_a_program_prints_is_shown_below_it(
    qtbot: QtBot, state: AppState, code: CodeView
) -> None:
    output = _run(qtbot, state, code, "print(6 * 7)", "Finished")
    assert "echo: print(6 * 7)" in output.text
    (job,) = state.jobs.all()
    assert job.spec.words()[:3] == ["kdedge", "sandbox", "run"]
    assert job.spec.arguments[1:] == ("--timeout", "10")
    path = Path(job.spec.arguments[0])
    qtbot.waitUntil(lambda: not path.parent.exists(), timeout=_WAIT_MS)


def test_a_program_that_hides_characters_shows_them(
    qtbot: QtBot, state: AppState, code: CodeView
) -> None:
    output = _run(qtbot, state, code, "hide", "Finished")
    assert "\\x1b[31m" in output.text


def test_a_sandbox_that_is_missing_is_told_in_its_own_words(
    qtbot: QtBot, state: AppState, code: CodeView
) -> None:
    output = _run(qtbot, state, code, "refuse", "Not run")
    assert "There is no sandbox here. Use Linux." in output.text


def test_a_document_of_another_version_is_told(
    qtbot: QtBot, state: AppState, code: CodeView
) -> None:
    output = _run(qtbot, state, code, "other", "Not run")
    assert "cannot be read" in output.text


def test_a_running_program_can_be_stopped(qtbot: QtBot, state: AppState, code: CodeView) -> None:
    output = _run(qtbot, state, code, "wait", "Running")
    qtbot.waitUntil(lambda: bool(state.jobs.running()), timeout=_WAIT_MS)
    output.stop_wanted.emit()
    qtbot.waitUntil(lambda: "Stopped" in output.text, timeout=_WAIT_MS)
    assert not state.jobs.running()


def test_an_answer_that_is_gone_stops_its_program(qtbot: QtBot, state: AppState) -> None:
    code = CodeView(state.themes, state.background, language="python")
    code.set_code("wait", language="python")
    CodeRunner(state, state).run(code)
    qtbot.waitUntil(lambda: bool(state.jobs.running()), timeout=_WAIT_MS)
    code.deleteLater()
    qtbot.waitUntil(lambda: not state.jobs.running(), timeout=_WAIT_MS)
    assert [job.state for job in state.jobs.all()] == ["cancelled"]


@pytest.mark.parametrize(
    ("language", "can_run", "shown"),
    [("python", True, True), ("py", True, True), ("bash", True, False), ("python", False, False)],
)
def test_run_is_shown_for_whole_python_blocks_if_there_is_a_sandbox(
    qtbot: QtBot, state: AppState, language: str, can_run: bool, shown: bool
) -> None:
    answer = AnswerView(state.themes, state.background)
    qtbot.addWidget(answer)
    answer.begin(name="tiny", can_run=can_run)
    answer.append(f"```{language}\nx = 1\n")
    (code,) = answer.code_views
    assert not code.can_run
    answer.append("```\n")
    assert code.can_run is shown


def test_the_fake_writes_what_the_verb_writes(tmp_path: Path) -> None:
    recorded = Path(__file__).parents[4] / "gui/kdedge_gui/shots/recorded/assistant"
    real = json.loads((recorded / "sandbox-run.json").read_text(encoding="utf-8"))
    from tests.kdedge_gui.pages.assistant.fake_kdedge import document

    assert set(document("x")) == set(real)
