"""Which completion is looked at, and the way from one failing problem to the next."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.pages.benchmark.drill_down import DrillView
from kdedge_gui.pages.benchmark.drill_rows import SampleRows, sample_rows
from kdedge_gui.pages.benchmark.session import Shown
from kdedge_gui.pages.benchmark.suites_work import SuitesWork

if TYPE_CHECKING:
    from kdedge_gui.background import Task
    from kdedge_gui.store_reader import StoreReader


class Drilling(QObject):
    """Reads one completion at a time from the store; knows no widget."""

    waiting = Signal(str)
    """The problem that is being read."""
    found = Signal(object)
    """A ``DrillView``."""
    failed = Signal(object)
    """An ``ErrorInfo``."""

    def __init__(
        self, store: "StoreReader", suites: SuitesWork, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._suites = suites
        self._shown: Shown | None = None
        self._task: Task | None = None
        self._rows: SampleRows | None = None
        self.task_id = ""
        """The problem that is looked at; empty when none is."""

    def open(self, shown: Shown, task_id: str, *, sample: int | None = None) -> None:
        """Look at a problem: at its first completion that failed, or at the one that is asked."""
        self._shown, self.task_id, self._rows = shown, task_id, None
        at = self._first_failing() if sample is None else sample
        self.waiting.emit(task_id)
        self._suites.ask_problems(shown.suite)
        if self._task is not None:
            self._task.cancel()
        run_id = shown.live.run_id
        self._task = self._store.ask(
            lambda store: sample_rows(store, run_id=run_id, task_id=task_id, sample=at),
            owner=self,
            done=self.show_rows,
            failed=self._on_failed,
        )

    def close(self) -> None:
        """Look at nothing."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._rows, self.task_id = None, None, ""

    def step(self, by: int) -> str:
        """Return the failing problem before (-1) or after (+1) this one, or an empty text."""
        if self._shown is None or not self.task_id:
            return ""
        failing = set(self._shown.live.failing())
        order = list(self._shown.live.problems)
        at = order.index(self.task_id) if self.task_id in order else 0
        others = order[at + 1 :] if by > 0 else order[:at][::-1]
        return next((each for each in others if each in failing), "")

    def again(self) -> None:
        """Tell the same completion again: the suite's text has come, or other verdicts."""
        if self._rows is not None:
            self.show_rows(self._rows)

    def look(self, shown: Shown, rows: SampleRows) -> None:
        """Show ``rows`` without asking the store: for pictures."""
        self._shown, self.task_id = shown, rows.task_id
        self.show_rows(rows)

    def show_rows(self, rows: SampleRows) -> None:
        """Tell what the store has of the completion."""
        if self._shown is None:
            return
        self._rows = rows
        problem = self._shown.live.problems.get(rows.task_id)
        verdicts = (
            [problem.verdicts.get(at, "") for at in range(problem.n_samples)] if problem else []
        )
        self.found.emit(
            DrillView(
                rows=rows,
                problem=self._suites.problem(self._shown.suite, rows.task_id),
                verdicts=verdicts,
                has_previous=bool(self.step(-1)),
                has_next=bool(self.step(+1)),
            )
        )

    def _first_failing(self) -> int:
        assert self._shown is not None
        problem = self._shown.live.problems.get(self.task_id)
        verdicts = {} if problem is None else problem.verdicts
        failed = [at for at, verdict in sorted(verdicts.items()) if verdict != "passed"]
        return failed[0] if failed else 0

    def _on_failed(self, error: ErrorInfo) -> None:
        self.failed.emit(error)
