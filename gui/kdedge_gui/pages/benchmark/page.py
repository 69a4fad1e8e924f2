"""Benchmark: set up, watch, and look into what came out."""

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from kdedge.core.run_summaries import run_summaries
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.page import Page
from kdedge_gui.pages.benchmark.drilling import Drilling
from kdedge_gui.pages.benchmark.guessing import Guessing
from kdedge_gui.pages.benchmark.opened import OpenedRun, open_run
from kdedge_gui.pages.benchmark.plan import Settings, Step, SuiteChoice, steps_of
from kdedge_gui.pages.benchmark.queue import BenchmarkQueue
from kdedge_gui.pages.benchmark.run_view import RunView
from kdedge_gui.pages.benchmark.session import Session, Shown, resuming, state_of
from kdedge_gui.pages.benchmark.set_up import SetUpView
from kdedge_gui.pages.benchmark.suites_work import SuitesWork
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.wanted import ModelsWanted, ModelWanted, ProblemWanted, RunWanted

if TYPE_CHECKING:
    from kdedge.core.run_summaries import RunSummary
    from kdedge_gui.jobs.outcome import JobOutcome
    from kdedge_gui.state import AppState

_REFRESH_MS = 250
_NEWEST_RUNS = 200
_FIRST_SUITE = "humaneval-mini"


class BenchmarkPage(Page):
    """Shows either what there is to choose, or one run."""

    name: ClassVar[str] = "benchmark"
    title: ClassVar[str] = "Benchmark"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.queue = BenchmarkQueue(state.jobs, self)
        self.session = Session(self.queue, self)
        self.suites = SuitesWork(state.jobs, self)
        self.guessing = Guessing(state, self)
        self.drilling = Drilling(state.store, self.suites, self)
        self.set_up = SetUpView(state.themes)
        self.run = RunView(state.themes, state.background)
        self._shown: Shown | None = None
        self._wanted_problem = ""
        self._has_stale_runs = True
        self._refreshing = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._refreshing.timeout.connect(self._refresh)
        self._back = QPushButton(self.tr("&New benchmark"), self)
        self._to_run = QPushButton(self.tr("Show the &run"), self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.set_up)
        self._stack.addWidget(self.run)
        self._start_button = self.set_up.forecast.start_button
        self.add_header_widget(self._to_run)
        self.add_header_widget(self._start_button)
        self.add_header_widget(self._back)
        self.body.addWidget(self._stack)
        self._actions = self._make_actions()
        self._connect()
        self._apply_preferences()
        state.themes.changed.connect(self._restyle)
        self._restyle()
        self._show_view(self.set_up)

    def show_set_up(self) -> None:
        """Show what there is to choose."""
        self._show_view(self.set_up)
        if self._has_stale_runs:
            self._ask_runs()

    def show_runs(self, runs: "list[RunSummary]") -> None:
        """Show earlier runs beside what there is to choose."""
        busy = frozenset(each.run_id for each in self.queue.steps if not each.is_over)
        self.set_up.show_runs(runs, busy=busy)

    def show_suites(self, suites: tuple[SuiteChoice, ...]) -> None:
        """Show the suites; the small one is ticked first."""
        if not self.set_up.suites.chosen:
            self.set_up.suites.choose([_FIRST_SUITE])
        self.set_up.show_suites(suites)

    def show_run(self, shown: Shown) -> None:
        """Show one run, whatever was shown before."""
        if shown is not self._shown:
            self.close_problem()
            self.run.charts.forget()
        self._shown = shown
        was_set_up = self._stack.currentWidget() is not self.run
        self._show_view(self.run)
        self._refresh()
        if was_set_up:
            self.run.take_focus()

    def show_problem(self, task_id: str) -> None:
        """Look at one problem of the run that is shown."""
        if self._shown is not None and task_id in self._shown.live.problems:
            self.run.open_drill(task_id)
            self.drilling.open(self._shown, task_id)

    def close_problem(self) -> None:
        """Look at no problem any more."""
        self.drilling.close()
        if self.run.is_drilling:
            self.run.close_drill()

    def start(self) -> None:
        """Run what is chosen."""
        steps = steps_of(self.set_up.plan())
        if steps and not self.set_up.problem:
            self.banner.clear()
            self._start(steps)

    def open_run(self, run_id: str) -> None:
        """Show a run of the store, or the job of this window that works on it."""
        at = self.session.number_of(run_id)
        if at is not None:
            self.show_run(self.session.runs[at])
            return
        self.state.store.ask(
            lambda store: open_run(store, run_id),
            owner=self,
            done=self._on_opened,
            failed=self.show_error,
        )

    def resume_run(self, run_id: str) -> None:
        """Go on with an unfinished run, its settings taken from the store."""
        self.state.store.ask(
            lambda store: open_run(store, run_id),
            owner=self,
            done=self._resume,
            failed=self.show_error,
        )

    # What Page asks

    @override
    def entered(self, payload: object = None) -> None:
        """Fetch what is shown; show what another page wants."""
        self.state.background.run(_warm_up, owner=self, done=lambda _: None)
        self.suites.ask_list()
        self._show_models()
        self.guessing.ask_past()
        if isinstance(payload, ModelWanted):
            self.set_up.models.choose([str(payload.path)])
            self.show_set_up()
        elif isinstance(payload, ModelsWanted):
            self.set_up.models.choose([str(path) for path in payload.paths])
            self.show_set_up()
        elif isinstance(payload, RunWanted):
            self.open_run(payload.run_id)
        elif isinstance(payload, ProblemWanted):
            self._wanted_problem = payload.task_id
            self.open_run(payload.run_id)
        if self._stack.currentWidget() is self.set_up:
            self._ask_runs()

    @override
    def page_actions(self) -> list[QAction]:
        """Return what the command palette offers."""
        return self._actions

    @override
    def close_page(self) -> None:
        """Listen to no job any more; the list of jobs leaves them resumable."""
        self.queue.close()
        self.guessing.close()
        self._refreshing.stop()

    # Set up

    def _show_models(self) -> None:
        library = self.state.library
        self.set_up.show_models(library.entries, is_scanning=library.is_scanning)

    def _ask_runs(self) -> None:
        self._has_stale_runs = False
        self.state.store.ask(
            lambda store: run_summaries(store, limit=_NEWEST_RUNS),
            owner=self,
            done=self.show_runs,
            failed=lambda _: None,
        )

    def _on_store_changed(self) -> None:
        is_set_up = self._stack.currentWidget() is self.set_up
        self._has_stale_runs = True
        if not self.isVisible():
            return
        if is_set_up:
            self._ask_runs()
        elif self._shown is not None and self._is_elsewhere(self._shown):
            self.open_run(self._shown.run_id)

    def _is_elsewhere(self, shown: Shown) -> bool:
        """Whether another process works on the run that is shown."""
        return shown.opened is not None and shown.opened.status == "running"

    def _apply_preferences(self) -> None:
        preferences = self.state.preferences
        self.set_up.options.set_settings(
            Settings(n_threads=preferences.threads or None, n_gpu_layers=preferences.gpu_layers)
        )

    def _on_preference(self, name: str) -> None:
        if name in {"threads", "gpu_layers"}:
            self.set_up.options.set_device(
                n_threads=self.state.preferences.threads or None,
                n_gpu_layers=self.state.preferences.gpu_layers,
            )

    def _on_plan(self) -> None:
        self.guessing.set_plan(self.set_up.plan())
        self._show_command()

    def _on_no_suites(self, error: ErrorInfo) -> None:
        self.set_up.show_no_suites(error.problem)
        self.show_error(error, retry=self.suites.ask_list)

    # Running

    def _start(self, steps: tuple[Step, ...]) -> None:
        for suite in dict.fromkeys(step.suite for step in steps if step.kind == "evaluate"):
            self.suites.ask_problems(suite)
        at = self.session.start(steps)
        self.show_run(self.session.runs[at])

    def _resume(self, opened: OpenedRun) -> None:
        step = resuming(opened)
        if step is None:
            self.state.notice.emit(self.tr("This run is done already."))
            return
        self._start((step,))
        # What is there already is shown before the job tells it again.
        self.session.replace_live(len(self.session.runs) - 1, opened.live)

    def _go_on(self) -> None:
        shown = self._shown
        if shown is None:
            return
        self.banner.clear()
        if shown.opened is not None:
            self._resume(shown.opened)
        elif self.queue.state == "paused":
            self.queue.go_on()
        elif shown.step is not None:
            self.queue.retry(self.queue.steps.index(shown.step))

    def _on_opened(self, opened: OpenedRun) -> None:
        at = self.session.number_of(opened.run_id)
        if at is None and opened.suite and not opened.task_ids:
            self.suites.ask_problems(opened.suite)
        before = self._shown
        again = before is not None and before.opened is not None
        again = again and before is not None and before.run_id == opened.run_id
        task_id = self.drilling.task_id if again else self._wanted_problem
        self._wanted_problem = ""
        self.show_run(self.session.open(opened))
        if task_id:
            self.show_problem(task_id)

    def _on_problems(self, suite: str) -> None:
        task_ids = self.suites.task_ids(suite)
        self.session.set_order(suite, task_ids)
        shown = self._shown
        opened = None if shown is None else shown.opened
        if shown is not None and opened is not None and shown.suite == suite:
            shown.live.set_order(opened.task_ids or task_ids)
        self._update_soon()
        self.drilling.again()

    def _on_updated(self, at: int) -> None:
        is_shown = self._shown is not None and self._shown.step is self.queue.steps[at]
        if is_shown or len(self.queue.steps) > 1:
            self._update_soon()

    def _on_queue(self) -> None:
        at = self.queue.current
        before = self._shown
        follows = before is not None and before.step is not None and before.step.state == "done"
        is_there = at is not None and self._stack.currentWidget() is self.run
        if at is not None and is_there and follows and not self.run.is_drilling:
            self.show_run(self.session.runs[at])
        self._update_soon()

    def _on_ended(self, at: int, outcome: "JobOutcome") -> None:
        title = self.queue.steps[at].step.title
        if outcome.status == "failed" and outcome.error is not None:
            self.show_error(outcome.error, retry=lambda: self.queue.retry(at))
        elif outcome.status == "done":
            self.state.notice.emit(self.tr("{job}: done").format(job=title))
        self.guessing.ask_past()

    def _compare(self) -> None:
        if self._shown is not None and self._shown.run_id:
            wanted = RunWanted(run_id=self._shown.run_id)
            self.state.page_wanted.emit("compare", wanted)

    # Showing

    def _show_view(self, view: QWidget) -> None:
        self._stack.setCurrentWidget(view)
        self._back.setVisible(view is self.run)
        self._start_button.setVisible(view is self.set_up)
        self._to_run.setVisible(view is self.set_up and bool(self.queue.steps))
        self._show_command()

    def _update_soon(self) -> None:
        if not self._refreshing.isActive():
            self._refreshing.start()

    def _refresh(self) -> None:
        for action, can in zip(self._actions[1:], self._possible(), strict=True):
            action.setEnabled(can)
        shown = self._shown
        if shown is None or self._stack.currentWidget() is not self.run:
            return
        self.run.show_state(state_of(shown, self.queue), has_grid=shown.has_grid)
        if shown.step is not None:
            lives = [each.live for each in self.session.runs]
            self.run.show_steps(self.queue.steps, lives, self.queue.steps.index(shown.step))
        else:
            self.run.show_no_steps()
        self.run.show_run(shown.live, shown.machine)

    def _possible(self) -> tuple[bool, bool, bool]:
        state = self.queue.state
        return state == "running", state == "paused", state in {"running", "paused"}

    def _show_command(self) -> None:
        if self._stack.currentWidget() is self.set_up:
            steps = steps_of(self.set_up.plan()) if not self.set_up.problem else ()
            self.set_command(steps[0].spec.words() if len(steps) == 1 else None)
        elif self._shown is not None and self._shown.step is not None:
            self.set_command(self._shown.step.step.spec.words())
        elif self._shown is not None:
            self.set_command(["kdedge", "report", self._shown.run_id])

    def _show_to_run(self) -> None:
        at = self.queue.current
        self.show_run(self.session.runs[at if at is not None else -1])

    def _show_step(self, at: int) -> None:
        self.show_run(self.session.runs[at])

    def _step_problem(self, by: int) -> None:
        task_id = self.drilling.step(by)
        if task_id:
            self.show_problem(task_id)

    def _show_sample(self, sample: int) -> None:
        if self._shown is not None and self.drilling.task_id:
            self.drilling.open(self._shown, self.drilling.task_id, sample=sample)

    def _make_actions(self) -> list[QAction]:
        actions = []
        for text, act in (
            (self.tr("New benchmark"), self.show_set_up),
            (self.tr("Pause the benchmark"), self.queue.pause),
            (self.tr("Go on with the benchmark"), self.queue.go_on),
            (self.tr("Stop the benchmark"), self.queue.stop),
        ):
            action = QAction(text, self)
            action.triggered.connect(lambda _=False, act=act: act())
            actions.append(action)
        for action in actions[1:]:
            action.setEnabled(False)
        return actions

    def _connect(self) -> None:
        state, run = self.state, self.run
        state.library.changed.connect(self._show_models)
        state.store.changed.connect(self._on_store_changed)
        state.machine.sampled.connect(self.session.sample)
        state.preferences.changed.connect(self._on_preference)
        self.suites.listed.connect(self.show_suites)
        self.suites.shown.connect(self._on_problems)
        self.suites.failed.connect(self._on_no_suites)
        self.guessing.guessed.connect(self.set_up.show_guess)
        self.set_up.changed.connect(self._on_plan)
        self.set_up.started.connect(self.start)
        self.set_up.open_wanted.connect(self.open_run)
        self.set_up.resume_wanted.connect(self.resume_run)
        self.queue.changed.connect(self._on_queue)
        self.queue.ended.connect(self._on_ended)
        self.session.updated.connect(self._on_updated)
        run.step_chosen.connect(self._show_step)
        run.progress.paused.connect(self.queue.pause)
        run.progress.stopped.connect(self.queue.stop)
        run.progress.gone_on.connect(self._go_on)
        run.progress.compare_wanted.connect(self._compare)
        run.score.opened.connect(self.show_problem)
        run.charts.failed.connect(self.show_error)
        run.charts.saved.connect(self._on_saved)
        run.drill.closed.connect(self.close_problem)
        run.drill.previous_wanted.connect(lambda: self._step_problem(-1))
        run.drill.next_wanted.connect(lambda: self._step_problem(+1))
        run.drill.sample_wanted.connect(self._show_sample)
        run.drill.failed.connect(self.show_error)
        self.drilling.waiting.connect(run.drill.show_waiting)
        self.drilling.found.connect(run.drill.show_view)
        self.drilling.failed.connect(run.drill.show_problem)
        self._back.clicked.connect(self.show_set_up)
        self._to_run.clicked.connect(self._show_to_run)

    def _on_saved(self, path: str) -> None:
        self.state.notice.emit(self.tr("Saved {path}").format(path=path))

    def _restyle(self) -> None:
        self._back.setIcon(icon("add", self.state.themes.theme))


def _warm_up() -> None:
    """Import what the first verdict needs, so that the window does not wait for it then."""
    import kdedge.report.problem_grid  # noqa: F401
