"""One download from the hub: a job that can be paused, gone on with, and checks what it got."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import Job, JobSpec
from kdedge_gui.numbers import bytes_text
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from kdedge_gui.jobs.outcome import JobOutcome
    from kdedge_gui.state import AppState


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadView:
    """How a download is."""

    reference: str
    """``hf:ORG/REPO`` or ``hf:ORG/REPO:FILE``."""
    state: str = "asking"
    """``asking``, ``loading``, ``checking``, ``pausing``, ``paused``, ``done`` or ``failed``."""
    done_bytes: int = 0
    total_bytes: int | None = None
    rate: str = ""
    """Rate and time left, in words."""
    sha256: str = ""
    """Of the file, once it is the one the hub has on record."""
    error: ErrorInfo | None = None

    @property
    def fraction(self) -> float | None:
        """Return how much of the phase under way is done."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else None

    def after(self, events: Iterable[Mapping[str, Any]]) -> "DownloadView":
        """Return how it is after ``events`` of ``kdedge models pull``."""
        view = self
        for event in events:
            done, total = event.get("done"), event.get("total")
            if event.get("event") == "progress" and isinstance(done, int):
                view = replace(
                    view,
                    state="checking" if event.get("phase") == "checking" else "loading",
                    done_bytes=done,
                    total_bytes=total if isinstance(total, int) else None,
                    rate=str(event.get("detail", "")),
                )
        return view

    def amount_text(self) -> str:
        """Return how much is there, in words."""
        if self.total_bytes is None:
            return ""
        return tr("{done} of {all}").format(
            done=bytes_text(self.done_bytes), all=bytes_text(self.total_bytes)
        )


def pull_exists() -> bool:
    """Return whether this kdedge can download models."""
    return find_spec("kdedge.models.pull") is not None


def pull_spec(reference: str) -> JobSpec:
    """Return the job that downloads ``reference``; started again, it goes on."""
    return JobSpec(
        verb="models pull",
        arguments=(reference,),
        title=tr("Download {reference}").format(reference=reference),
        heavy=False,
    )


class DownloadWork(QObject):
    """Runs one download; knows no widget."""

    changed = Signal(object)
    """A ``DownloadView``."""
    arrived = Signal(object)
    """The ``Path`` of the model, checked."""

    def __init__(self, state: "AppState", reference: str, parent: QObject) -> None:
        super().__init__(parent)
        self.view = DownloadView(reference=reference)
        self._state = state
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        """Return whether it is under way."""
        return self._job is not None

    def start(self) -> None:
        """Download, or go on where it was paused."""
        if self._job is not None:
            return
        self._show(state="asking", rate="", error=None)
        self._job = self._state.jobs.start(pull_spec(self.view.reference))
        self._job.events.connect(self._on_events)
        self._job.finished.connect(self._on_finished)

    def pause(self) -> None:
        """Stop; what was downloaded is kept."""
        if self._job is not None:
            self._show(state="pausing", rate="")
            self._job.cancel()

    def _on_events(self, events: list[Mapping[str, Any]]) -> None:
        if self.view.state != "pausing":
            self.view = self.view.after(events)
            self.changed.emit(self.view)

    def _on_finished(self, outcome: "JobOutcome") -> None:
        self._job = None
        if outcome.status == "done":
            document = outcome.document or {}
            self._show(state="done", rate="", sha256=str(document.get("sha256") or ""))
            if document.get("path"):
                self.arrived.emit(Path(str(document["path"])))
        elif outcome.status == "cancelled":
            self._show(state="paused", rate="")
        else:
            self._show(state="failed", rate="", error=outcome.error)

    def _show(self, **changes: Any) -> None:  # noqa: ANN401 - fields
        self.view = replace(self.view, **changes)
        self.changed.emit(self.view)
