from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.machine_watch import MemorySample
from kdedge_gui.main_window import MainWindow
from kdedge_gui.page import Page
from kdedge_gui.page_table import PageSpec, shown_pages
from kdedge_gui.state import AppState
from tests.kdedge_gui.children import fake_commands, is_gone

WAIT_MS = 60_000
GIB = 1024**3


class FakePage(Page):
    name = "fake"
    made: ClassVar[list[str]] = []

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self.told: list[object] = []
        FakePage.made.append(self.name)
        self.action = QAction(f"Do {self.name}", self)

    def entered(self, payload: object = None) -> None:
        self.told.append(("entered", payload))

    def left(self) -> None:
        self.told.append("left")

    def close_page(self) -> None:
        self.told.append("closed")

    def page_actions(self) -> list[QAction]:
        return [self.action]


class FirstPage(FakePage):
    name, title = "home", "Home"


class SecondPage(FakePage):
    name, title = "models", "Models"


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSpec(PageSpec):
    page: type[FakePage]

    def make(self, state: AppState) -> FakePage:
        return self.page(state)


SPECS = [
    FakeSpec(
        name=page.name,
        title=page.title,
        module="kdedge_gui.page",
        factory="",
        icon="home",
        page=page,
    )
    for page in (FirstPage, SecondPage)
]


@pytest.fixture
def state(qapp: QApplication) -> Iterator[AppState]:
    made = AppState(commands=fake_commands())
    made.themes.apply(qapp)
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, state: AppState) -> Iterator[MainWindow]:
    FakePage.made.clear()
    made = MainWindow(state, pages=SPECS)
    qtbot.addWidget(made, before_close_func=_let_close)
    return made


def _let_close(window: MainWindow) -> None:
    window._is_closing = True


def _start_job(qtbot: QtBot, state: AppState) -> int:
    job = state.jobs.start(JobSpec(verb="slow", arguments=(), title="Benchmark Q4_K_M"))
    qtbot.waitUntil(lambda: job.run_id is not None, timeout=WAIT_MS)
    return job.pid


def _question_button(window: MainWindow, words: str) -> QPushButton:
    assert window._question is not None
    buttons = window._question.findChildren(QPushButton)
    return next(each for each in buttons if words in each.text())


def test_a_page_is_made_at_its_first_visit(window: MainWindow) -> None:
    assert FakePage.made == ["home"]
    for name in ("models", "home", "models"):
        window.show_page(name)
    assert FakePage.made == ["home", "models"]


def test_all_pages_are_made_ahead_of_their_first_visit_when_the_app_is_calm(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.prepare_pages()
    qtbot.waitUntil(lambda: FakePage.made == ["home", "models"], timeout=WAIT_MS)
    assert window.current_page.name == "home"
    window.show_page("models")
    assert FakePage.made == ["home", "models"]
    assert isinstance(window.current_page, SecondPage)
    assert window.current_page.told == [("entered", None)]


def test_pages_are_told_when_they_come_and_go(window: MainWindow, state: AppState) -> None:
    first = window.current_page
    state.page_wanted.emit("models", "a payload")
    assert isinstance(first, FakePage)
    assert first.told == [("entered", None), "left"]
    second = window.current_page
    assert isinstance(second, SecondPage)
    assert second.told == [("entered", "a payload")]


def test_a_page_in_view_is_told_what_is_wanted_of_it(window: MainWindow) -> None:
    window.show_page("home", 7)
    page = window.current_page
    assert isinstance(page, FirstPage)
    assert page.told == [("entered", None), ("entered", 7)]


def test_a_page_this_kdedge_does_not_have_is_not_gone_to(
    window: MainWindow, state: AppState
) -> None:
    state.page_wanted.emit("distil", None)
    assert window.current_page.name == "home"


def test_a_page_whose_verb_is_missing_is_not_shown() -> None:
    spec = PageSpec(
        name="x", title="X", module="kdedge_gui.page", factory="Page", icon="home", verb="nowhere"
    )
    assert shown_pages([spec]) == []


def test_every_page_of_the_table_can_be_made_or_is_not_shown(
    qtbot: QtBot, state: AppState
) -> None:
    for spec in shown_pages():
        page = spec.make(state)
        qtbot.addWidget(page)
        assert (page.name, page.title) == (spec.name, spec.title)
        page.close_page()


def test_ctrl_and_a_number_goes_to_the_page_at_that_place(
    qtbot: QtBot, window: MainWindow
) -> None:
    with qtbot.waitActive(window, timeout=WAIT_MS):
        window.show()
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.current_page.name == "models"


def test_the_arrow_keys_of_the_navigation_go_through_the_pages(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.show()
    qtbot.keyClick(window.navigation.list, Qt.Key.Key_Down)
    assert window.current_page.name == "models"


def test_the_palette_offers_the_actions_of_the_page_in_view_first(window: MainWindow) -> None:
    window.show_page("models")
    texts = [each.text() for each in window.actions_offered()]
    assert texts[0] == "Do models"
    assert "Do home" not in texts
    assert {"Go to Home", "Theme: dark", "Larger text"} <= set(texts)


def test_themes_and_text_size_are_actions(window: MainWindow, state: AppState) -> None:
    by_text = {each.text(): each for each in window.actions_offered()}
    by_text["Theme: high contrast"].trigger()
    assert state.themes.theme.name == "contrast"
    by_text["Larger text"].trigger()
    assert state.preferences.text_percent == 110
    by_text["Text in its usual size"].trigger()
    assert state.preferences.text_percent == 100


def test_text_cannot_grow_beyond_its_bounds(window: MainWindow, state: AppState) -> None:
    state.preferences.text_percent = 200
    by_text = {each.text(): each for each in window.actions_offered()}
    by_text["Larger text"].trigger()
    assert state.preferences.text_percent == 200


def test_rows_of_the_navigation_are_alike_and_have_room_from_the_first_paint_on(
    window: MainWindow,
) -> None:
    window.show()
    pages = window.navigation.list
    heights = {pages.visualItemRect(pages.item(row)).height() for row in range(pages.count())}
    (height,) = heights
    assert height >= pages.fontMetrics().height() + 16


def test_only_icons_are_left_where_the_window_is_narrow_for_its_text(
    window: MainWindow, state: AppState
) -> None:
    window.show()
    window.resize(1280, 800)
    assert not window.navigation.is_compact
    state.preferences.text_percent = 200
    window.resize(1000, 680)
    assert window.navigation.is_compact
    item = window.navigation.list.item(0)
    assert item.text() == ""
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == "Home"


@pytest.mark.parametrize("percent", [100, 200])
def test_the_window_can_be_made_as_small_as_it_must_work(
    window: MainWindow, state: AppState, percent: int
) -> None:
    state.preferences.text_percent = percent
    window.show()
    window.resize(1000, 680)
    assert (window.width(), window.height()) == (1000, 680)


def test_everything_that_can_be_pressed_has_a_name(window: MainWindow) -> None:
    window.show()
    buttons = [*window.findChildren(QPushButton), *window.findChildren(QToolButton)]
    assert len(buttons) > 8
    nameless = []
    for button in buttons:
        if button.objectName().startswith("qt_"):
            continue  # Qt's own scroll buttons
        interface = QAccessible.queryAccessibleInterface(button)
        if not interface.text(QAccessible.Text.Name) and not button.isHidden():
            nameless.append(f"{button.parent()} {button.text()}")
    assert nameless == []


def test_closing_without_jobs_asks_nothing(window: MainWindow) -> None:
    page = window.current_page
    assert isinstance(page, FirstPage)
    window.show()
    assert window.close()
    assert page.told[-1] == "closed"


def test_closing_while_the_machine_is_looked_at_asks_nothing(
    qtbot: QtBot, window: MainWindow, state: AppState
) -> None:
    look = JobSpec(verb="slow", arguments=(), title="A look", supports_events=False)
    job = state.jobs.start(look)
    qtbot.waitUntil(lambda: job.pid != 0, timeout=WAIT_MS)
    pid = job.pid
    window.show()
    assert window.close()
    assert is_gone(pid)


def test_closing_with_a_job_asks_once_and_can_be_declined(
    qtbot: QtBot, window: MainWindow, state: AppState
) -> None:
    _start_job(qtbot, state)
    window.show()
    assert not window.close()
    question = window._question
    assert not window.close()
    assert window._question is question
    assert question is not None
    assert "Benchmark Q4_K_M" in question.text()
    _question_button(window, "Keep working").click()
    assert window.isVisible()
    assert len(state.jobs.running()) == 1


def test_closing_with_a_job_ends_it_when_the_user_says_so(
    qtbot: QtBot, window: MainWindow, state: AppState
) -> None:
    pid = _start_job(qtbot, state)
    window.show()
    window.close()
    _question_button(window, "Stop them").click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=WAIT_MS)
    assert is_gone(pid)


def test_the_end_of_the_session_closes_without_a_question(
    qtbot: QtBot, window: MainWindow, state: AppState
) -> None:
    pid = _start_job(qtbot, state)
    window.show()
    window.close_now()
    assert window._question is None
    assert is_gone(pid)


def test_the_page_in_view_is_the_first_one_next_time(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("models")
    window.show()
    window.close()
    again = AppState(commands=fake_commands())
    second = MainWindow(again, pages=SPECS)
    qtbot.addWidget(second, before_close_func=_let_close)
    assert second.current_page.name == "models"


def test_an_error_of_the_app_itself_is_said_above_every_page(window: MainWindow) -> None:
    window.show_error(ErrorInfo(problem="The app made a mistake.", hint="Try again."))
    assert not window.banner.isHidden()
    window.show_page("models")
    assert not window.banner.isHidden()


def test_logs_of_jobs_reach_the_dock(qtbot: QtBot, window: MainWindow, state: AppState) -> None:
    window.show()
    window._toggle_log()
    job = state.jobs.start(JobSpec(verb="normal", arguments=(), title="A job"))
    job.log_line.emit("one\ntwo")
    qtbot.waitUntil(lambda: "two" in window.log.view.toPlainText(), timeout=WAIT_MS)
    assert "one" in window.log.view.toPlainText()
    qtbot.waitUntil(lambda: job.is_over, timeout=WAIT_MS)


def test_the_status_line_tells_memory_jobs_and_model(
    qtbot: QtBot, window: MainWindow, state: AppState
) -> None:
    window.show()
    assert window.status.model_button.text() == "No model loaded"
    assert window.status.jobs_button.text() == "No jobs"
    state.machine.sampled.emit(MemorySample(total_bytes=16 * GIB, available_bytes=GIB))
    assert window.status.memory_meter.fraction == pytest.approx(15 / 16)
    assert "15.0" in window.status.memory_meter.text
    _start_job(qtbot, state)
    assert window.status.jobs_button.text() == "1 job"
    state.notice.emit("The report is saved.")
    assert window.status.notice == "The report is saved."
    window.status._clear_notice.stop()


def test_a_job_can_be_cancelled_from_the_status_line(
    qtbot: QtBot, window: MainWindow, state: AppState
) -> None:
    _start_job(qtbot, state)
    window.show()
    window.status.jobs_button.click()
    popover = window.status._popover
    assert popover is not None
    cancel = next(
        each
        for each in popover.findChildren(QPushButton)
        if each.accessibleName() == "Cancel Benchmark Q4_K_M"
    )
    cancel.click()
    qtbot.waitUntil(lambda: not state.jobs.running(), timeout=WAIT_MS)
    popover.hide()


def test_the_look_can_change_with_every_page_made(window: MainWindow, state: AppState) -> None:
    window.show()
    for theme, percent in (("dark", 80), ("contrast", 200), ("light", 100)):
        state.preferences.theme = theme
        state.preferences.text_percent = percent
        for name in window.page_names():
            window.show_page(name)
    assert state.themes.theme.name == "light"


def test_geometry_that_is_no_geometry_is_ignored(qtbot: QtBot, state: AppState) -> None:
    path = Path(state.preferences.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[window]\ngeometry=@ByteArray(nonsense)\nlast_page=nowhere\n")
    again = AppState(commands=fake_commands())
    made = MainWindow(again, pages=SPECS)
    qtbot.addWidget(made, before_close_func=_let_close)
    assert made.current_page.name == "home"
