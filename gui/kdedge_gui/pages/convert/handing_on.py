"""What becomes of the files that were made: a benchmark, and the report of a choice."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.convert.plan import report_spec
from kdedge_gui.wanted import ModelsWanted

if TYPE_CHECKING:
    from kdedge_gui.state import AppState


class HandingOn(QObject):
    """Gives files to the library, to other pages and to ``kdedge report``."""

    failed = Signal(object)
    """An ``ErrorInfo``."""
    noted = Signal(str)

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state
        self._left: list[Path] = []
        self._ready: list[Path] = []

    def benchmark(self, paths: Sequence[Path]) -> None:
        """Put the files into the library where they are not in it, then open Benchmark."""
        if self._left:
            return
        self._left, self._ready = list(paths), []
        self._add_next()

    def keep(self, path: Path, text: str) -> None:
        """Write ``text`` at ``path`` in the background."""

        def work() -> None:
            from kdedge.core.files import write_text

            write_text(path, text)

        self._state.background.run(work, owner=self, done=_nothing, failed=self.failed.emit)

    def report(self, choice: Path, target: Path) -> None:
        """Write the account of a choice as a page."""
        job = self._state.jobs.start(report_spec(choice, target))
        job.finished.connect(lambda outcome: self._on_report(outcome, target))

    def _on_report(self, outcome: JobOutcome, target: Path) -> None:
        if outcome.status == "done":
            self.noted.emit(self.tr("{name} is written.").format(name=target))
        elif outcome.error is not None:
            self.failed.emit(outcome.error)

    def _add_next(self) -> None:
        while self._left and self._state.library.entry_of(self._left[0]) is not None:
            self._ready.append(self._left.pop(0))
        if self._left:
            path = self._left[0]
            self._state.library.add(
                path, owner=self, done=lambda _: self._on_added(), failed=self._on_not_added
            )
            return
        self._state.page_wanted.emit("benchmark", ModelsWanted(paths=tuple(self._ready)))

    def _on_added(self) -> None:
        self._ready.append(self._left.pop(0))
        self._add_next()

    def _on_not_added(self, error: ErrorInfo) -> None:
        self._left = []
        self.failed.emit(error)


def _nothing(_: None) -> None:
    """Take the end of work whose outcome nobody needs."""
