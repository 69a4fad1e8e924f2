"""One job: a verb of kdedge running in a child process, and what is known of it."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, Signal

from kdedge_gui.background import Background
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.outcome import Ending, JobOutcome, judge
from kdedge_gui.jobs.process import LineProcess

CANCEL_PATIENCE_S = 5.0
"""How long a cancelled job may take to leave a state that can be resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What is to be run."""

    verb: str
    arguments: tuple[str, ...]
    """As a user types them, without ``--events`` and ``--json``."""
    title: str
    heavy: bool = True
    """It takes the CPU: heavy jobs wait for one another."""
    wants_document: bool = True
    supports_events: bool = True
    resume_arguments: tuple[str, ...] = ()
    """Added when it is started again after a cancel."""

    def words(self) -> list[str]:
        """Return what a user types to do the same."""
        return ["kdedge", *self.verb.split(), *self.arguments]

    def resumed(self) -> "JobSpec":
        """Return the job that goes on where this one stopped."""
        added = tuple(each for each in self.resume_arguments if each not in self.arguments)
        return replace(self, arguments=(*self.arguments, *added))


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseProgress:
    """How far one phase of a job is."""

    phase: str
    done: int
    total: int | None
    unit: str = ""
    detail: str = ""

    @property
    def fraction(self) -> float | None:
        """Return the part that is done, 0 to 1; ``None`` when the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else None


class Job(QObject):
    """A job from when it is wanted until long after its end; made by ``JobList.start``."""

    state_changed = Signal(str)
    """``waiting``, ``running``, ``stopping``, ``done``, ``failed`` or ``cancelled``."""
    events = Signal(list)
    """Events as dicts, in batches, at most thirty a second."""
    log_line = Signal(str)
    """Its stderr; lines that come at once come as one text with line breaks."""
    finished = Signal(object)
    """A ``JobOutcome``."""

    def __init__(
        self,
        spec: JobSpec,
        *,
        program: tuple[str, ...],
        document_path: Path,
        background: Background,
        parent: QObject,
    ) -> None:
        """Make a job that waits.

        Args:
            spec: What is to be run.
            program: What stands for ``kdedge``.
            document_path: Where its result document goes until it is read.
            background: Reads the document.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self.spec = spec
        self.state = "waiting"
        self.run_id: str | None = None
        self.phases: dict[str, PhaseProgress] = {}
        self.outcome: JobOutcome | None = None
        self.document: dict[str, Any] | None = None
        self.started_at: datetime | None = None
        self.finished_at: datetime | None = None
        self._program = program
        self._document_path = document_path
        self._background = background
        self._failure: ErrorInfo | None = None
        self._was_cancelled = False
        self._process = LineProcess(self)
        self._process.messages.connect(self._on_messages)
        self._process.log_lines.connect(self._on_log)
        self._process.ended.connect(self._on_ended)

    @property
    def log(self) -> deque[str]:
        """Return the newest lines of its stderr."""
        return self._process.log

    @property
    def is_over(self) -> bool:
        """Return whether it has ended."""
        return self.outcome is not None

    @property
    def pid(self) -> int:
        """Return its process id; 0 when there is none."""
        return self._process.pid

    @property
    def can_resume(self) -> bool:
        """Return whether it ended early and can go on from there."""
        ended_early = self.state in {"cancelled", "failed"}
        return ended_early and bool(self.spec.resume_arguments) and self.run_id is not None

    def begin(self) -> None:
        """Start the process; ``JobList`` calls it when it is this job's turn."""
        self.started_at = datetime.now(UTC)
        self._set_state("running")
        self._process.start(
            [*self._program, *self._child_words()], is_plain=not self.spec.supports_events
        )

    def cancel(self) -> None:
        """Ask it to stop where it can be resumed; by force if it takes longer than 5 s."""
        if self.state == "waiting":
            self._was_cancelled = True
            self._end(JobOutcome(status="cancelled", exit_code=0, error=None, document=None))
        elif self.state == "running":
            self._was_cancelled = True
            self._set_state("stopping")
            self._process.terminate(then_kill_after_s=CANCEL_PATIENCE_S)

    def wait(self, deadline: QDeadlineTimer) -> None:
        """Wait for the end of a cancelled job: only when the app closes."""
        self._process.wait(deadline)

    def _child_words(self) -> list[str]:
        words = [*self.spec.verb.split(), *self.spec.arguments]
        added = []
        if self.spec.supports_events:
            added.append("--events")
        if self.spec.wants_document:
            added += ["--json", str(self._document_path)]
        position = words.index("--") if "--" in words else len(words)
        return [*words[:position], *added, *words[position:]]

    def _on_messages(self, messages: list[dict[str, Any]]) -> None:
        events = [each for each in messages if isinstance(each.get("event"), str)]
        for event in events:
            read = _READERS.get(event["event"])
            if read is not None:
                read(self, event)
        if events:
            self.events.emit(events)

    def _read_run(self, event: dict[str, Any]) -> None:
        self.run_id = str(event.get("run"))

    def _read_progress(self, event: dict[str, Any]) -> None:
        phase, done, total = str(event.get("phase")), event.get("done"), event.get("total")
        if isinstance(done, int) and (total is None or isinstance(total, int)):
            self.phases[phase] = PhaseProgress(
                phase=phase,
                done=done,
                total=total,
                unit=str(event.get("unit", "")),
                detail=str(event.get("detail", "")),
            )

    def _read_failure(self, event: dict[str, Any]) -> None:
        self._failure = ErrorInfo(
            problem=str(event.get("problem", "")), hint=str(event.get("hint", ""))
        )

    def _on_log(self, lines: list[str]) -> None:
        self.log_line.emit("\n".join(lines))

    def _on_ended(self, ending: Ending) -> None:
        outcome = judge(
            ending, was_cancelled=self._was_cancelled, failure=self._failure, log=self.log
        )
        if not self.spec.wants_document:
            self._end(outcome)
            return
        path = self._document_path
        self._background.run(
            lambda: _read_document(path),
            owner=self,
            done=partial(self._end_with_document, outcome),
            failed=lambda error: self._end(replace(outcome, error=outcome.error or error)),
        )

    def _end_with_document(self, outcome: JobOutcome, document: dict[str, Any] | None) -> None:
        self.document = document
        self._end(replace(outcome, document=document))

    def _end(self, outcome: JobOutcome) -> None:
        self.outcome = outcome
        self.finished_at = datetime.now(UTC)
        self._set_state(outcome.status)
        self.finished.emit(outcome)

    def _set_state(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)


_READERS: dict[str, Callable[[Job, dict[str, Any]], None]] = {
    "run_started": Job._read_run,  # noqa: SLF001 - its own table
    "progress": Job._read_progress,  # noqa: SLF001
    "failed": Job._read_failure,  # noqa: SLF001
}


def _read_document(path: Path) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    path.unlink(missing_ok=True)
    return document
