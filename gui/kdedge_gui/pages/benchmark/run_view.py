"""One benchmark, live or long done: jobs, progress, score and grid, charts, and one problem."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from kdedge_gui.background import Background
from kdedge_gui.pages.benchmark.charts_panel import ChartsPanel
from kdedge_gui.pages.benchmark.drill_down import DrillDown
from kdedge_gui.pages.benchmark.live import LiveRun
from kdedge_gui.pages.benchmark.progress_card import ProgressCard, RunState
from kdedge_gui.pages.benchmark.queue import QueuedStep
from kdedge_gui.pages.benchmark.score_card import ScoreCard
from kdedge_gui.pages.benchmark.steps_card import StepsCard
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

_SPACING, _BAR_WIDTH = 16, 24
_WIDE_LETTERS = 108
"""From here on a problem stands beside the grid; in less room it takes its place."""


class RunView(QWidget):
    """Shows what it is given; emits what the user wants."""

    step_chosen = Signal(int)

    def __init__(self, themes: ThemeManager, background: Background) -> None:
        super().__init__()
        self.steps = StepsCard(themes)
        self.progress = ProgressCard(themes)
        self.score = ScoreCard(themes)
        self.charts = ChartsPanel(themes)
        self.drill = DrillDown(themes, background)
        self._is_drilling = False
        self._has_grid = True
        self.steps.chosen.connect(self.step_chosen)
        self._lay_out()

    def show_steps(self, steps: Sequence[QueuedStep], runs: Sequence[LiveRun], at: int) -> None:
        """Show the jobs of a queue."""
        self.steps.show_steps(steps, runs, at)

    def show_no_steps(self) -> None:
        """A run is shown that no queue of this window works on."""
        self.steps.hide()

    def show_state(self, state: RunState, *, has_grid: bool) -> None:
        """Show what the run is; a profile alone has no grid."""
        self.progress.show_state(state)
        self._has_grid = has_grid
        self.score.setVisible(has_grid)

    def show_run(self, run: LiveRun, machine: Sequence[tuple[float, float]] = ()) -> None:
        """Show the numbers of ``run``."""
        self.progress.show_phase(run.phase, note=run.note)
        if self._has_grid:
            self.score.show_run(run)
        self.charts.show_run(run, machine)

    def take_focus(self) -> None:
        """Put the keys on the grid, or where they scroll."""
        target = self.score.grid if self._has_grid else self._left
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_drilling(self) -> bool:
        """Whether one problem is shown."""
        return self._is_drilling

    def open_drill(self, task_id: str) -> None:
        """Make room for a problem and mark its cell."""
        self.score.grid.set_opened(task_id)
        if not self._is_drilling:
            self._is_drilling = True
            self._arrange()
            self.drill.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_drill(self) -> None:
        """Give the room back; the keys are on the cell again."""
        self._is_drilling = False
        self.score.grid.set_opened("")
        self._arrange()
        self.take_focus()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        is_wide = self.width() > _WIDE_LETTERS * self.fontMetrics().averageCharWidth()
        self._frame.setVisible(self._is_drilling)
        self._left.setVisible(is_wide or not self._is_drilling)
        room = self.width() - _BAR_WIDTH
        self.charts.fit((room - _SPACING) // 2 if self._is_drilling else room)

    def _lay_out(self) -> None:
        inside = QWidget()
        mark(inside, "role", "page")
        page = QVBoxLayout(inside)
        page.setContentsMargins(0, 0, 8, 0)
        page.setSpacing(16)
        for part in (self.steps, self.progress, self.score, self.charts):
            page.addWidget(part)
        page.addStretch(1)
        self._left = QScrollArea(self)
        self._left.setWidgetResizable(True)
        self._left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._left.setWidget(inside)
        self._frame = QFrame(self)
        mark(self._frame, "role", "card")
        holder = QVBoxLayout(self._frame)
        holder.setContentsMargins(16, 16, 16, 16)
        holder.addWidget(self.drill)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_SPACING)
        row.addWidget(self._left, 1)
        row.addWidget(self._frame, 1)
        self._frame.hide()
