"""Verifies a model's file with ``kdedge models verify`` and says in a sentence what came out."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.jobs.verbs import verb_exists

if TYPE_CHECKING:
    from kdedge_gui.jobs.outcome import JobOutcome
    from kdedge_gui.library import ModelEntry
    from kdedge_gui.state import AppState


def verify_exists() -> bool:
    """Return whether this kdedge can verify files."""
    return verb_exists("models verify")


class Verifying(QObject):
    """Starts jobs and tells their outcome."""

    noted = Signal(str, str)
    """A sentence and its kind: ``info``, ``good``, ``warning``."""
    failed = Signal(object)
    """An ``ErrorInfo``."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state

    def start(self, entry: "ModelEntry") -> None:
        """Verify the file of ``entry``."""
        spec = JobSpec(
            verb="models verify",
            arguments=(entry.argument,),
            title=self.tr("Verify {name}").format(name=entry.name),
            heavy=False,
        )
        job = self._state.jobs.start(spec)
        self.noted.emit(self.tr("Verifies {name}…").format(name=entry.name), "info")
        job.finished.connect(lambda outcome: self._on_finished(entry.name, outcome))

    def _on_finished(self, name: str, outcome: "JobOutcome") -> None:
        if outcome.error is not None:
            self.failed.emit(outcome.error)
        elif outcome.status == "done":
            self.noted.emit(*self._words(name, outcome.document or {}))

    def _words(self, name: str, document: dict[str, Any]) -> tuple[str, str]:
        sha256 = str(document.get("sha256") or "")
        return self.tr("{name} is whole. sha256 {sha256}").format(name=name, sha256=sha256), "good"
