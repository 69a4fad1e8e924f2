"""Looks at what was chosen: a folder through ``kdedge convert --plan``, a file by its header."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import Job, JobSpec
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.convert.plan import convert_plan_spec, types_plan_spec

if TYPE_CHECKING:
    from kdedge_gui.background import Task
    from kdedge_gui.state import AppState

MASTER_TYPES = frozenset({"F32", "F16", "BF16"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterFacts:
    """What the header of a GGUF file says."""

    path: Path
    architecture: str
    file_type: str
    file_bytes: int


def master_facts(path: Path) -> MasterFacts:
    """Return what the header of ``path`` says; call it in the background.

    Raises:
        KdedgeError: It is no GGUF file, or cannot be read.
    """
    from kdedge.models.header import read_header

    header = read_header(path)
    return MasterFacts(
        path=path,
        architecture=header.architecture,
        file_type=str(header.file_type),
        file_bytes=header.file_bytes,
    )


class SourceWork(QObject):
    """Only the last question is answered."""

    checkpoint_found = Signal(object, dict)
    """Its path, and the document of the plan."""
    master_found = Signal(object)
    """``MasterFacts``; its types follow."""
    types_found = Signal(dict)
    failed = Signal(object, object)
    """The path, and an ``ErrorInfo``."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._job: Job | None = None
        self._task: Task | None = None

    def look(self, source: Path, *, dtype: str) -> None:
        """Find out what ``source`` is."""
        self.forget()
        if source.is_dir():
            spec = convert_plan_spec(source, dtype=dtype)
            self._ask(spec, source, found=lambda found: self.checkpoint_found.emit(source, found))
            return
        self._task = self._state.background.run(
            lambda: master_facts(source),
            owner=self,
            done=self._on_facts,
            failed=lambda error: self.failed.emit(source, error),
        )

    def plan_types(self, master: Path, *, imatrix: Path | None) -> None:
        """Find out what every type makes of ``master``."""
        self.forget()
        self._ask(types_plan_spec(master, imatrix=imatrix), master, found=self.types_found.emit)

    def forget(self) -> None:
        """Want no answer any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        job, self._job = self._job, None
        if job is not None:
            job.cancel()

    def _on_facts(self, facts: MasterFacts) -> None:
        self._task = None
        if facts.file_type not in MASTER_TYPES:
            self.failed.emit(facts.path, self._quantised(facts))
            return
        self.master_found.emit(facts)

    def _ask(self, spec: JobSpec, source: Path, *, found: object) -> None:
        self._job = job = self._state.jobs.start(spec)

        def on_finished(outcome: JobOutcome) -> None:
            if job is not self._job:
                return
            self._job = None
            if outcome.status == "done" and outcome.document is not None:
                found(outcome.document)  # type: ignore[operator]
            elif outcome.status != "cancelled":
                self.failed.emit(source, outcome.error or self._no_answer())

        job.finished.connect(on_finished)

    def _quantised(self, facts: MasterFacts) -> ErrorInfo:
        return ErrorInfo(
            problem=self.tr("{name} is quantised already ({type}).").format(
                name=facts.path.name, type=facts.file_type
            ),
            hint=self.tr("Start from the F32, F16 or BF16 file: each rounding loses more."),
        )

    def _no_answer(self) -> ErrorInfo:
        return ErrorInfo(
            problem=self.tr("kdedge ended without a plan."),
            hint=self.tr("Run the command line in a terminal to see more."),
        )
