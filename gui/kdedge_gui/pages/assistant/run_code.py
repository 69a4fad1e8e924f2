"""Runs a program of an answer in the sandbox: a job of ``kdedge sandbox run``, output below it."""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdedge.core.files import write_text
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.jobs.job import Job, JobSpec
from kdedge_gui.jobs.verbs import verb_exists
from kdedge_gui.pages.assistant.run_result import RunResult, read_run, summary_of
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.fitting_text import FittingText
from kdedge_gui.widgets.pill import Pill

if TYPE_CHECKING:
    from kdedge_gui.jobs.outcome import JobOutcome
    from kdedge_gui.state import AppState
    from kdedge_gui.widgets.code_view import CodeView

_MOST_SHOWN = 20_000
"""Characters of each stream: more of them below a block of code helps nobody."""


def can_run_code() -> bool:
    """Return whether this kdedge can run programs in a sandbox."""
    return verb_exists("sandbox")


class RunOutput(QWidget):
    """Stands below a block of code: how its run goes, and what it printed."""

    stop_wanted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._pill = Pill(themes, self)
        self._summary = QLabel(self)
        self._summary.setWordWrap(True)
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._summary, "role", "caption")
        self._stop = QPushButton(self.tr("Stop"), self)
        self._stop.setAccessibleName(self.tr("Stop the program"))
        mark(self._stop, "kind", "quiet")
        self._stop.clicked.connect(lambda _=False: self.stop_wanted.emit())
        self._stdout = self._text(self.tr("What the program printed"))
        self._stderr = self._text(self.tr("Errors of the program"))
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """All that is said, for tests and screen readers."""
        texts = (self._pill.text, self._summary.text(), self._stdout.shown_text)
        return "\n".join((*texts, self._stderr.shown_text)).strip()

    def show_running(self) -> None:
        """Say that the program runs."""
        self._pill.set(self.tr("Running"), "info")
        self._summary.setText(self.tr("in the sandbox: no network, no files of yours"))
        self._stop.show()
        self._show_texts("", "")

    def show_result(self, result: RunResult) -> None:
        """Show how it ended and what it printed."""
        self._pill.set(result.words, result.kind)
        self._summary.setText(" · ".join(filter(None, (summary_of(result), result.note))))
        self._stop.hide()
        self._show_texts(result.stdout, result.stderr)

    def show_failure(self, error: ErrorInfo) -> None:
        """Say why it was not run."""
        self._pill.set(self.tr("Not run"), "bad")
        self._summary.setText(f"{error.problem} {error.hint}".strip())
        self._stop.hide()
        self._show_texts("", "")

    def show_stopped(self) -> None:
        """Say that the user has stopped it."""
        self._pill.set(self.tr("Stopped"), "plain")
        self._summary.setText(self.tr("by you"))
        self._stop.hide()
        self._show_texts("", "")

    def _show_texts(self, stdout: str, stderr: str) -> None:
        for view, text in ((self._stdout, stdout), (self._stderr, stderr)):
            view.set_text(_shortened(text.rstrip("\n")))
            view.setVisible(bool(text.strip()))

    def _text(self, name: str) -> FittingText:
        view = FittingText(self, wraps=True)
        view.setAccessibleName(name)
        mark(view, "role", "mono")
        view.hide()
        return view

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._pill)
        row.addWidget(self._summary, 1)
        row.addWidget(self._stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._stdout)
        column.addWidget(self._stderr)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self._stop.setIcon(icon("stop", theme))
        # The symbol and the words say that it failed; the colour only helps to find it.
        palette = self._stderr.palette()
        palette.setColor(palette.ColorRole.Text, theme.bad)
        self._stderr.setPalette(palette)


class CodeRunner(QObject):
    """Runs programs, each in a job of its own."""

    def __init__(self, state: "AppState", parent: QObject) -> None:
        super().__init__(parent)
        self._state = state

    def run(self, code: "CodeView") -> None:
        """Run the program in ``code``; its output goes below it, in place of an earlier one."""
        output = RunOutput(self._state.themes, code)
        output.show_running()
        code.set_footer(output)
        code.set_running(True)
        text = code.text
        _Run(self._state, code, output, parent=self).begin(text)


class _Run(QObject):
    """One run: a temporary file, a job, its result; the view may be gone before it ends."""

    def __init__(
        self, state: "AppState", code: "CodeView", output: RunOutput, *, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._code = code
        self._output = output
        self._job: Job | None = None
        self._path: Path | None = None
        self._is_stopped = False
        self._is_gone = False
        output.stop_wanted.connect(self._stop)
        output.destroyed.connect(self._forget_view)

    def begin(self, text: str) -> None:
        self._state.background.run(
            lambda: _temporary_program(text),
            owner=self,
            done=self._start,
            failed=self._fail,
        )

    def _start(self, path: Path) -> None:
        self._path = path
        if self._is_stopped or self._is_gone:
            if not self._is_gone:
                self._output.show_stopped()
            self._end()
            return
        timeout_s = self._state.preferences.sandbox_timeout_s
        spec = JobSpec(
            verb="sandbox run",
            arguments=(str(path), "--timeout", str(timeout_s)),
            title=self.tr("Run a program of the assistant"),
            heavy=False,
            supports_events=False,
        )
        self._job = self._state.jobs.start(spec)
        self._job.finished.connect(self._on_finished)

    def _stop(self) -> None:
        self._is_stopped = True
        if self._job is not None:
            self._job.cancel()

    def _forget_view(self) -> None:
        self._is_gone = True
        self._stop()

    def _on_finished(self, outcome: "JobOutcome") -> None:
        if not self._is_gone:
            self._show(outcome)
        self._end()

    def _show(self, outcome: "JobOutcome") -> None:
        if outcome.error is not None:
            self._output.show_failure(outcome.error)
        elif outcome.document is None:
            self._output.show_stopped()
        else:
            try:
                self._output.show_result(read_run(outcome.document))
            except (KeyError, TypeError, ValueError):
                self._output.show_failure(
                    ErrorInfo(
                        problem=self.tr("The result of the run cannot be read."),
                        hint=self.tr("Install kdedge again, so that all of it is one version."),
                    )
                )

    def _fail(self, error: ErrorInfo) -> None:
        if not self._is_gone:
            self._output.show_failure(error)
        self._end()

    def _end(self) -> None:
        if not self._is_gone:
            self._code.set_running(False)
        if self._path is not None:
            path = self._path
            self._state.background.run(
                lambda: _remove(path), owner=self._state, done=lambda _: None
            )
        self.deleteLater()


def _temporary_program(text: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kdedge-program-"))
    path = folder / "program.py"
    write_text(path, text + "\n")
    return path


def _remove(path: Path) -> None:
    shutil.rmtree(path.parent, ignore_errors=True)


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
