"""Verifies a model's file with ``kdedge models verify`` and says in a sentence what came out."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from kdedge_gui.jobs.job import JobSpec

if TYPE_CHECKING:
    from kdedge_gui.jobs.outcome import JobOutcome
    from kdedge_gui.library import ModelEntry
    from kdedge_gui.state import AppState


def verify_exists() -> bool:
    """Return whether this kdedge can verify files."""
    return find_spec("kdedge.models.verify") is not None


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
        document = outcome.document or {}
        if document.get("verdict"):
            self.noted.emit(*self._words(name, document))
        elif outcome.error is not None:
            self.failed.emit(outcome.error)

    def _words(self, name: str, document: dict[str, Any]) -> tuple[str, str]:
        sha256, before = str(document.get("sha256")), str(document.get("recorded_sha256"))
        where = str(document.get("recorded") or "")
        if document["verdict"] == "same":
            told = self.tr("{name} is the file that was recorded {where}: sha256 {sha256}.")
            return told.format(name=name, where=where, sha256=sha256), "good"
        if document["verdict"] == "differs":
            told = self.tr(
                "{name} is not the file that was recorded {where}: its sha256 is {sha256}, it"
                " was {before}. Download or convert it again if you did not change it."
            )
            return told.format(name=name, where=where, sha256=sha256, before=before), "warning"
        told = self.tr("{name} is whole; nothing was on record. From now on: sha256 {sha256}.")
        return told.format(name=name, sha256=sha256), "good"
