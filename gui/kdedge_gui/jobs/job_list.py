"""All jobs of this session: heavy ones run one after another, the others at once."""

import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, Signal

from kdedge_gui.background import Background
from kdedge_gui.jobs.job import CANCEL_PATIENCE_S, Job, JobSpec
from kdedge_gui.jobs.process import Commands

_KEPT_JOBS = 100
"""Older ones that have ended are forgotten."""


class JobList(QObject):
    """Starts jobs, lets heavy ones wait for one another, and leaves none behind."""

    added = Signal(object)
    """A ``Job``."""
    changed = Signal()
    """A job was added, or its state changed."""

    def __init__(
        self,
        background: Background,
        *,
        commands: Commands | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Make an empty list.

        Args:
            background: Reads result documents.
            commands: How children are started.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self._background = background
        self._commands = commands or Commands()
        self._jobs: list[Job] = []
        self._n_started = 0
        self._folder: Path | None = None
        self._is_closed = False

    def start(self, spec: JobSpec) -> Job:
        """Run ``spec``, at once or when the heavy jobs before it have ended.

        Raises:
            ValueError: The list is closed.
        """
        if self._is_closed:
            raise ValueError("no job starts while the app closes")
        self._n_started += 1
        job = Job(
            spec,
            program=self._commands.kdedge,
            document_path=self._document_folder() / f"{self._n_started}.json",
            background=self._background,
            parent=self,
        )
        job.state_changed.connect(self._on_state)
        self._forget_old_jobs()
        self._jobs.append(job)
        self.added.emit(job)
        self.changed.emit()
        self._start_waiting()
        return job

    def resume(self, job: Job) -> Job:
        """Start a job again that was cancelled or failed; it goes on where it stopped."""
        return self.start(job.spec.resumed())

    def running(self) -> list[Job]:
        """Return the jobs that run or wait to run."""
        return [job for job in self._jobs if not job.is_over]

    def all(self) -> list[Job]:
        """Return every job, the oldest first."""
        return list(self._jobs)

    def cancel_all(self) -> None:
        """Cancel every job that runs or waits; those that wait first, so that none begins."""
        for job in sorted(self.running(), key=lambda job: job.state != "waiting"):
            job.cancel()

    def close(self) -> None:
        """Stop all jobs where they can be resumed, and wait for that, at most some seconds."""
        self._is_closed = True
        self.cancel_all()
        deadline = QDeadlineTimer(round(1000 * CANCEL_PATIENCE_S))
        for job in self._jobs:
            job.wait(deadline)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _on_state(self) -> None:
        self._start_waiting()
        self.changed.emit()

    def _start_waiting(self) -> None:
        if self._is_closed:
            return
        for job in self.running():
            if job.state == "waiting" and not (job.spec.heavy and self._is_heavy_running()):
                job.begin()

    def _is_heavy_running(self) -> bool:
        return any(job.spec.heavy and job.state != "waiting" for job in self.running())

    def _forget_old_jobs(self) -> None:
        over = [job for job in self._jobs if job.is_over]
        for job in over[: max(0, len(self._jobs) + 1 - _KEPT_JOBS)]:
            self._jobs.remove(job)
            job.deleteLater()

    def _document_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kdedge-app-"))
        return self._folder
