"""Results in files: reports by a job of the command line, the picture by the chart itself.

Both write a file whole or not at all; a full disk or a read-only folder is said in a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from kdedge.core.errors import KdedgeError
from kdedge_gui.charts import ScatterChart
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import JobSpec
from kdedge_gui.jobs.job_list import JobList
from kdedge_gui.jobs.outcome import JobOutcome
from kdedge_gui.pages.compare.choice import Choice, compare_words
from kdedge_gui.translate import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is on the page, as far as files of it are concerned."""

    choice: Choice
    axes: tuple[str, ...]
    unlike_allowed: bool
    has_chart: bool = True
    """Whether there are two axes to draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """One entry of the menu."""

    words: str
    ending: str
    arguments: Callable[[Shown, Path], tuple[str, ...]] | None
    """The job that writes it, its verb first; without one, the chart writes it."""


def file_kinds() -> tuple[tuple[FileKind, ...], ...]:
    """Return the entries of the menu, in groups."""
    return (
        tuple(
            FileKind(words=words, ending=ending, arguments=_report)
            for words, ending in (
                (tr("Report as a web page (HTML)…"), "html"),
                (tr("Report as a table (CSV)…"), "csv"),
                (tr("Report as data (JSON)…"), "json"),
                (tr("Report as text (Markdown)…"), "md"),
            )
        ),
        (
            FileKind(words=tr("Comparison as a web page (HTML)…"), ending="html", arguments=_page),
            FileKind(words=tr("Comparison as data (JSON)…"), ending="json", arguments=_data),
        ),
        tuple(
            FileKind(words=words, ending=ending, arguments=None)
            for words, ending in (
                (tr("Chart as an image (PNG)…"), "png"),
                (tr("Chart as a drawing (SVG)…"), "svg"),
                (tr("Chart as a document (PDF)…"), "pdf"),
            )
        ),
    )


def job_of(kind: FileKind, shown: Shown, path: Path) -> JobSpec:
    """Return the job that writes ``path``.

    Raises:
        ValueError: No job writes this kind.
    """
    if kind.arguments is None:
        raise ValueError(f"no job writes {kind.ending} files")
    verb, *arguments = kind.arguments(shown, path)
    return JobSpec(
        verb=verb,
        arguments=tuple(arguments),
        title=tr("Write {file}").format(file=path.name),
        heavy=False,
        wants_document=False,
        supports_events=False,
    )


class Exporter(QObject):
    """Asks for a path and has the file written."""

    written = Signal(str)
    """The path of a file that is complete."""
    failed = Signal(object)
    """An ``ErrorInfo``."""

    def __init__(self, jobs: JobList, chart: ScatterChart, owner: QWidget) -> None:
        super().__init__(owner)
        self._jobs = jobs
        self._chart = chart
        self._owner = owner
        self._shown: Shown | None = None
        self.actions: list[QAction] = []
        self._kinds: list[FileKind] = []

    def fill_menu(self, menu: QMenu) -> None:
        """Put every kind of file into ``menu``."""
        for number, group in enumerate(file_kinds()):
            if number:
                menu.addSeparator()
            for kind in group:
                action = menu.addAction(kind.words)
                action.triggered.connect(lambda _=False, kind=kind: self.ask(kind))
                self.actions.append(action)
                self._kinds.append(kind)

    def set_shown(self, shown: Shown | None) -> None:
        """Files are about this from now on; nothing can be written of nothing."""
        self._shown = shown
        for kind, action in zip(self._kinds, self.actions, strict=True):
            needs_chart = kind.arguments is None
            action.setEnabled(shown is not None and (shown.has_chart or not needs_chart))

    def ask(self, kind: FileKind) -> QFileDialog:
        """Ask where the file goes; write it when the user has said so."""
        dialog = QFileDialog(self._owner, kind.words.rstrip("…"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{kind.ending.upper()} (*.{kind.ending})")
        dialog.setDefaultSuffix(kind.ending)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.write(kind, Path(chosen)))
        dialog.open()
        return dialog

    def write(self, kind: FileKind, path: Path) -> None:
        """Write ``path``; say when it is there, or why it is not."""
        if self._shown is None:
            return
        if kind.arguments is None:
            self._write_chart(path)
            return
        job = self._jobs.start(job_of(kind, self._shown, path))
        job.finished.connect(lambda outcome: self._on_finished(outcome, path))

    def _write_chart(self, path: Path) -> None:
        try:
            self._chart.export(path)
        except KdedgeError as error:
            self.failed.emit(ErrorInfo.of(error))
        else:
            self.written.emit(str(path))

    def _on_finished(self, outcome: JobOutcome, path: Path) -> None:
        if outcome.status == "done":
            self.written.emit(str(path))
        elif outcome.error is not None:
            self.failed.emit(outcome.error)


def _report(shown: Shown, path: Path) -> tuple[str, ...]:
    return ("report", *shown.choice.run_ids, "-o", str(path))


def _page(shown: Shown, path: Path) -> tuple[str, ...]:
    return (*_comparison(shown), "--html", str(path))


def _data(shown: Shown, path: Path) -> tuple[str, ...]:
    return (*_comparison(shown), "--json", str(path))


def _comparison(shown: Shown) -> list[str]:
    words = compare_words(shown.choice, axes=shown.axes, unlike_allowed=shown.unlike_allowed)
    return words[1:]
