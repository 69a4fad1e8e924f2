"""pass@k as it stands, and the grid of problems."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdedge_gui.numbers import NOT_MEASURED, count_text, interval_text, percent_text
from kdedge_gui.pages.benchmark.cells import cell_of, cells_of
from kdedge_gui.pages.benchmark.legend import Legend
from kdedge_gui.pages.benchmark.live import Estimate, LiveRun
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.elided_label import ElidedLabel
from kdedge_gui.widgets.problem_grid import ProblemGrid


class ScoreCard(Card):
    """Shows a ``LiveRun``; a cell that is clicked is opened."""

    opened = Signal(str)
    """The task id of a problem."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self._numbers = QHBoxLayout()
        self._numbers.setSpacing(24)
        self._shown: list[_Number] = []
        self._basis = QLabel(self)
        self._basis.setWordWrap(True)
        mark(self._basis, "role", "caption")
        self.legend = Legend(themes)
        self.legend.chosen.connect(self._on_filter)
        self.grid = ProblemGrid(themes, title=self.tr("Problems"))
        self.grid.activated.connect(self._on_activated)
        self.grid.current_changed.connect(self._on_current)
        self._told = ElidedLabel(self)
        self._cells_of: LiveRun | None = None
        self.content.addLayout(self._numbers)
        self.content.addWidget(self._basis)
        self.content.addWidget(self.legend)
        self.content.addWidget(self.grid, 1)
        self.content.addWidget(self._told)

    def show_run(self, run: LiveRun) -> None:
        """Show ``run``: what changed since the last time, or all of another one."""
        self._show_estimates(run.estimates, n_problems=run.n_scored)
        if run is not self._cells_of or run.has_new_problems:
            self._cells_of, run.has_new_problems = run, False
            self.grid.set_cells(cells_of(run.problems.values(), n_problems=run.n_problems))
        elif run.changed_tasks:
            self.grid.change_cells(
                {task_id: cell_of(run.problems[task_id]) for task_id in run.changed_tasks}
            )
        run.changed_tasks.clear()
        self.legend.show_counts(run.counts())
        self._on_current(self.grid.current_key)

    def _show_estimates(self, estimates: Sequence[Estimate], *, n_problems: int) -> None:
        if len(estimates) != len(self._shown):
            for number in self._shown:
                number.hide()
                number.deleteLater()
            while self._numbers.takeAt(0) is not None:
                pass
            self._shown = [_Number(self) for _ in estimates]
            for number in self._shown:
                self._numbers.addWidget(number)
            self._numbers.addStretch(1)
        for number, estimate in zip(self._shown, estimates, strict=True):
            number.show_estimate(estimate)
        self._basis.setText(
            self.tr("of {n} problems judged, with its 95 % interval").format(
                n=count_text(n_problems)
            )
            if estimates
            else self.tr("pass@k comes with the first verdicts: judging begins after generating.")
        )

    def _on_filter(self, kinds: frozenset[str] | None) -> None:
        self.grid.set_filter(kinds)
        self._on_current(self.grid.current_key)

    def _on_activated(self, key: str) -> None:
        if self._cells_of is not None and key in self._cells_of.problems:
            self.opened.emit(key)

    def _on_current(self, key: str) -> None:
        problem = None if self._cells_of is None else self._cells_of.problems.get(key)
        self._told.show_text("" if problem is None else cell_of(problem).told)


class _Number(QWidget):
    """One pass@k: its name, its value, its interval."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = QLabel(self)
        mark(self._name, "role", "caption")
        self._value = QLabel(self)
        mark(self._value, "role", "number")
        self._interval = QLabel(self)
        mark(self._interval, "role", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for label in (self._name, self._value, self._interval):
            column.addWidget(label)

    def show_estimate(self, estimate: Estimate) -> None:
        """Show ``estimate``."""
        name = f"pass@{estimate.k}"
        value = percent_text(estimate.value)
        interval = interval_text(estimate.low, estimate.high)
        self._name.setText(name)
        self._value.setText(value)
        self._interval.setText(interval if interval != NOT_MEASURED else estimate.reason)
        told = self.tr("{name} {value}, 95 % interval {interval}")
        self.setAccessibleName(told.format(name=name, value=value, interval=interval))
