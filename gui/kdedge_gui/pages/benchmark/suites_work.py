"""The suites and their problems, asked once: ``kdedge suites list`` and ``show``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.pages.benchmark.plan import SuiteChoice

if TYPE_CHECKING:
    from kdedge_gui.jobs.job_list import JobList
    from kdedge_gui.jobs.outcome import JobOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemText:
    """What a suite says of one problem."""

    task_id: str
    prompt: str
    tests: str


class SuitesWork(QObject):
    """Asks, keeps, and tells; knows no widget."""

    listed = Signal(object)
    """A tuple of ``SuiteChoice``."""
    shown = Signal(str)
    """The problems of this suite are known."""
    failed = Signal(object)
    """An ``ErrorInfo``: the suites could not be listed."""

    def __init__(self, jobs: "JobList", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.suites: tuple[SuiteChoice, ...] = ()
        self._is_listing = False
        self._problems: dict[str, dict[str, ProblemText]] = {}
        self._asked: set[str] = set()

    def ask_list(self) -> None:
        """Ask for the suites, unless they are known or asked for."""
        if self.suites or self._is_listing:
            return
        self._is_listing = True
        job = self._jobs.start(
            JobSpec(
                verb="suites list",
                arguments=(),
                title=self.tr("List the suites"),
                heavy=False,
                supports_events=False,
            )
        )
        job.finished.connect(self._on_listed)

    def ask_problems(self, suite: str) -> None:
        """Ask for the problems of ``suite``, unless they are known or asked for."""
        if not suite or suite in self._asked:
            return
        self._asked.add(suite)
        job = self._jobs.start(
            JobSpec(
                verb="suites show",
                arguments=(suite,),
                title=self.tr("Read the problems of {suite}").format(suite=suite),
                heavy=False,
                supports_events=False,
            )
        )
        job.finished.connect(lambda outcome: self._on_shown(suite, outcome))

    def take_problems(self, document: dict[str, Any]) -> None:
        """Keep the problems of a ``kdedge.suites-show/1`` document."""
        suite = str(document.get("suite", ""))
        self._asked.add(suite)
        self._problems[suite] = {
            str(each.get("task_id")): ProblemText(
                task_id=str(each.get("task_id")),
                prompt=str(each.get("prompt", "")),
                tests=str(each.get("tests", "")),
            )
            for each in document.get("problems", ())
        }
        self.shown.emit(suite)

    def task_ids(self, suite: str) -> tuple[str, ...]:
        """Return the problems of ``suite`` in its order; empty while they are not known."""
        return tuple(self._problems.get(suite, ()))

    def problem(self, suite: str, task_id: str) -> ProblemText | None:
        """Return one problem; ``None`` while it is not known."""
        return self._problems.get(suite, {}).get(task_id)

    def _on_listed(self, outcome: "JobOutcome") -> None:
        self._is_listing = False
        if outcome.document is not None:
            self.suites = suites_in(outcome.document)
            self.listed.emit(self.suites)
        elif outcome.status != "cancelled":
            self.failed.emit(outcome.error or _no_answer())

    def _on_shown(self, suite: str, outcome: "JobOutcome") -> None:
        if outcome.document is not None:
            self.take_problems(outcome.document)
        else:
            self._asked.discard(suite)


def suites_in(document: dict[str, Any]) -> tuple[SuiteChoice, ...]:
    """Return the suites of a ``kdedge.suites/1`` document that can be used."""
    return tuple(
        SuiteChoice(name=str(each["name"]), n_problems=int(each["n_problems"]))
        for each in document.get("suites", ())
        if each.get("status") == "ready"
    )


def _no_answer() -> ErrorInfo:
    from kdedge_gui.translate import tr

    return ErrorInfo(
        problem=tr("The suites could not be listed."),
        hint=tr("Try `kdedge suites list` on a command line."),
    )
