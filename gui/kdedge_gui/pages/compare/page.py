"""Compare: two to six finished runs, the first of them the baseline.

The page shows values it is given (``show_runs``, ``show_findings``); reading the store and calling
the library is apart from that, in their own threads.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QMenu, QPushButton, QStackedWidget, QWidget

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.page import Page
from kdedge_gui.pages.compare.busy_state import BusyState
from kdedge_gui.pages.compare.choice import DEFAULT_AXES, Choice, compare_words
from kdedge_gui.pages.compare.export import Exporter, Shown
from kdedge_gui.pages.compare.result_view import ResultView
from kdedge_gui.pages.compare.run_picker import RunPicker
from kdedge_gui.pages.compare.unlike_panel import UnlikePanel
from kdedge_gui.pages.compare.work import Findings, findings_of, finished_runs, read_runs
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.wanted import ProblemWanted, RunWanted
from kdedge_gui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kdedge.core.run_summaries import RunSummary
    from kdedge.report.documents import ResultDocument
    from kdedge_gui.background import Task
    from kdedge_gui.state import AppState


class ComparePage(Page):
    """Choose runs, see how they differ, and take the outcome along."""

    name: ClassVar[str] = "compare"
    title: ClassVar[str] = "Compare"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._task: Task | None = None
        self._findings: Findings | None = None
        self._unlike_allowed = False
        self._is_visible = self._is_stale = False
        self._make_places()
        self._make_header()
        self.exporter = Exporter(state.jobs, self.result.front.chart, self)
        self.exporter.fill_menu(self._menu)
        self.exporter.written.connect(self._say_written)
        self.exporter.failed.connect(self.show_error)
        self.result.front.chart.saved.connect(self._say_written)
        self.result.front.chart.failed.connect(self.show_error)
        state.store.changed.connect(self._on_store_changed)
        state.themes.changed.connect(self._restyle)
        self._restyle()
        self._busy.say(self.tr("Reading the store…"), can_stop=False)
        self._go_to(self._busy)

    # Values that are shown

    @property
    def choice(self) -> Choice:
        """The runs that are compared, the baseline first."""
        return self.picker.choice

    def show_runs(self, summaries: "Sequence[RunSummary]") -> None:
        """Offer these finished runs, the newest first; a comparison that is shown stays."""
        self.picker.set_runs(summaries)
        is_choosing = self._places.currentWidget() in {self._empty, self.picker, self._busy}
        if is_choosing and self._task is None:
            self._go_to(self._empty if len(summaries) < 2 else self.picker)

    def show_busy(self) -> None:
        """Say that the chosen runs are being compared."""
        count = len(self.choice.run_ids)
        self._busy.say(self.tr("Comparing {count} runs…").format(count=count))
        self._go_to(self._busy)

    def show_findings(self, findings: Findings) -> None:
        """Show ``findings``, or first what makes the runs unlike."""
        self._task = None
        self._findings = findings
        if findings.is_unlike and not self._unlike_allowed:
            self.unlike.show_comparison(findings.comparison)
            self._go_to(self.unlike)
            return
        self.result.show_findings(findings)
        self._go_to(self.result)

    def allow_unlike(self) -> None:
        """Show a comparison of runs that are not alike, with its flag."""
        self._unlike_allowed = True
        if self._findings is not None:
            self.show_findings(self._findings)

    # What fetches them

    def compare(self) -> None:
        """Read the chosen runs and compare them."""
        if not self.choice.is_enough:
            return
        self._forget_task()
        self._unlike_allowed = False
        self._start_comparing()

    def choose(self) -> None:
        """Go back to the list of runs."""
        self._forget_task()
        self._findings = None
        self.banner.clear()
        is_empty = self.picker.table.n_rows_before_filter < 2
        self._go_to(self._empty if is_empty else self.picker)
        self.picker.focus_list()

    @override
    def entered(self, payload: object = None) -> None:
        self._is_visible = True
        if isinstance(payload, RunWanted):
            if payload.run_id not in self.choice.run_ids:
                self.picker.set_choice(self.choice.toggled(payload.run_id))
            self.choose()
        self._fetch_runs()

    @override
    def left(self) -> None:
        self._is_visible = False

    @override
    def page_actions(self) -> list[QAction]:
        actions = [self._choose_action]
        if self.choice.is_enough:
            actions.append(self._compare_action)
        if self._places.currentWidget() is self.result:
            actions += self.exporter.actions
        return actions

    @override
    def close_page(self) -> None:
        self._forget_task()
        self.result.stop()

    def _fetch_runs(self) -> None:
        self._is_stale = False
        self.state.store.ask(
            finished_runs,
            owner=self,
            done=self.show_runs,
            failed=lambda error: self.show_error(error, retry=self._fetch_runs),
        )

    def _on_store_changed(self) -> None:
        if self._is_visible:
            self._fetch_runs()

    def _start_comparing(self) -> None:
        self.banner.clear()
        self.show_busy()
        run_ids = self.choice.run_ids
        self._task = self.state.store.ask(
            lambda store: read_runs(store, run_ids),
            owner=self,
            done=self._on_read,
            failed=self._on_failed,
        )

    def _on_read(self, documents: "tuple[ResultDocument, ...]") -> None:
        self._task = self.state.background.run(
            partial(findings_of, documents),
            owner=self,
            done=self.show_findings,
            failed=self._on_failed,
        )

    def _on_failed(self, error: ErrorInfo) -> None:
        self.choose()
        self.show_error(error)

    def _on_baseline(self, run_ids: tuple[str, ...]) -> None:
        wanted = [run_id for run_id in self.choice.run_ids if run_id in run_ids]
        self.picker.set_choice(self.choice.based_on(*wanted))
        self._forget_task()
        self._start_comparing()

    def _on_axes(self) -> None:
        self._tell_command()

    def _open_problem(self, run_id: str, task_id: str) -> None:
        wanted = ProblemWanted(run_id=run_id, task_id=task_id)
        self.state.page_wanted.emit("benchmark", wanted)

    def _say_written(self, path: str) -> None:
        name = Path(path).name

        def open_it() -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(path))

        self.banner.show_note(
            self.tr("{name} is written.").format(name=name),
            "good",
            (self.tr("Op&en"), open_it),
        )

    def _forget_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _go_to(self, place: QWidget) -> None:
        self._places.setCurrentWidget(place)
        for button in (self._change, self._export):
            button.setVisible(place is self.result)
        self._tell_command()

    def _tell_command(self) -> None:
        place = self._places.currentWidget()
        if place is self._empty or not self.choice.is_enough:
            self.set_command(None)
            self.exporter.set_shown(None)
            return
        shown = Shown(
            choice=self.choice,
            axes=self.result.front.axes if place is self.result else DEFAULT_AXES,
            unlike_allowed=self._unlike_allowed and place is self.result,
            has_chart=self.result.has_front,
        )
        self.exporter.set_shown(shown if place is self.result else None)
        self.set_command(
            compare_words(shown.choice, axes=shown.axes, unlike_allowed=shown.unlike_allowed)
        )

    def _make_places(self) -> None:
        themes = self.state.themes
        self._empty = EmptyState(
            "compare",
            self.tr("Nothing to compare yet"),
            self.tr(
                "Two finished runs are needed: of two models, or of one model in two "
                "quantisations. A profile or a benchmark makes one."
            ),
            [
                (self.tr("&Benchmark a model"), partial(self._open_page, "benchmark")),
                (self.tr("Ru&n the two-minute check"), partial(self._open_page, "home")),
            ],
            themes,
            self,
        )
        self.picker = RunPicker(themes, self)
        self.picker.compare_wanted.connect(self.compare)
        self.picker.choice_changed.connect(self._on_choice)
        self._busy = BusyState(self)
        self._busy.stop_wanted.connect(self.choose)
        self.unlike = UnlikePanel(themes, self)
        self.unlike.choose_wanted.connect(self.choose)
        self.unlike.compare_wanted.connect(self.allow_unlike)
        self.result = ResultView(themes, self)
        self.result.baseline_wanted.connect(self._on_baseline)
        self.result.problem_opened.connect(self._open_problem)
        self.result.front.axes_changed.connect(self._on_axes)
        self._places = QStackedWidget(self)
        for place in (self._empty, self.picker, self._busy, self.unlike, self.result):
            self._places.addWidget(place)
        self.body.addWidget(self._places, 1)

    def _make_header(self) -> None:
        self._change = QPushButton(self.tr("Choose &other runs"), self)
        self._change.clicked.connect(self.choose)
        self._export = QPushButton(self.tr("E&xport"), self)
        self._menu = QMenu(self._export)
        self._export.setMenu(self._menu)
        for button in (self._change, self._export):
            self.add_header_widget(button)
        self._choose_action = QAction(self.tr("Choose runs to compare"), self)
        self._choose_action.triggered.connect(self.choose)
        self._compare_action = QAction(self.tr("Compare the ticked runs"), self)
        self._compare_action.triggered.connect(self.compare)

    def _on_choice(self) -> None:
        if hasattr(self, "_places"):
            self._tell_command()

    def _open_page(self, name: str) -> None:
        self.state.page_wanted.emit(name, None)

    def _restyle(self) -> None:
        self._export.setIcon(icon("export", self.state.themes.theme))
