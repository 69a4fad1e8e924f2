"""Home: what this machine is, what it can do within two minutes, and what was measured last."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kdedge.core.run_summaries import RunSummary, run_summaries
from kdedge_gui.page import Page
from kdedge_gui.pages.home.check_card import CheckCard, Stage
from kdedge_gui.pages.home.check_words import check_spec
from kdedge_gui.pages.home.check_work import CheckWork
from kdedge_gui.pages.home.last_look import Look
from kdedge_gui.pages.home.machine_card import MachineCard
from kdedge_gui.pages.home.machine_words import is_starter_missing
from kdedge_gui.pages.home.machine_work import MachineWork
from kdedge_gui.pages.home.runs_list import RunsList
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.wanted import ModelWanted, RunWanted

if TYPE_CHECKING:
    from kdedge.core.store import Store
    from kdedge.models.found import LibraryEntry
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.state import AppState

_SHOWN_RUNS = 8
_TWO_COLUMNS_LETTERS = 100
"""Narrower than so many letters, the cards stand below one another."""


class HomePage(Page):
    """This machine, the two-minute check, the last runs."""

    name: ClassVar[str] = "home"
    title: ClassVar[str] = "Home"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAcceptDrops(True)
        self._is_visible_page = False
        self._starter_is_missing = False
        self.machine = MachineCard(state.themes, self)
        self.check = CheckCard(state.themes, self)
        self.runs = RunsList(state.themes, self)
        self._machine_work = MachineWork(state, self)
        self._check_work = CheckWork(state, self)
        self._open_button = QPushButton(self.tr("&Open a GGUF…"), self)
        self._open_button.setToolTip(self.tr("Or drop a file onto this page"))
        self._open_button.clicked.connect(self.choose_file)
        self.add_header_widget(self._open_button)
        self._lay_out()
        self._connect()
        self.set_command(check_spec().words())
        state.themes.changed.connect(self._restyle)
        self._restyle()

    @override
    def entered(self, payload: object = None) -> None:
        self._is_visible_page = True
        self._machine_work.show_last()
        self._check_work.show_last()
        self.read_runs()
        self.check.setFocus()

    @override
    def left(self) -> None:
        self._is_visible_page = False

    @override
    def page_actions(self) -> list[QAction]:
        wanted = (
            (self.tr("Open a GGUF…"), self.choose_file),
            (self.tr("Run the two-minute check"), self._check_work.start),
            (self.tr("Look at this machine again"), self._machine_work.look),
        )
        actions = []
        for words, act in wanted:
            action = QAction(words, self)
            action.triggered.connect(act)
            actions.append(action)
        return actions

    def read_runs(self) -> None:
        """Read the last runs from the store."""
        self.state.store.ask(
            _last_runs, owner=self, done=self.runs.show_runs, failed=self._on_store_failed
        )

    def choose_file(self) -> None:
        """Let the user choose a GGUF file and add it to the library."""
        dialog = QFileDialog(self, self.tr("Open a GGUF file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("GGUF models (*.gguf)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._open_chosen)
        dialog.open()

    def open_file(self, path: Path) -> None:
        """Add the file to the library, then show it on the Models page."""
        self.banner.clear()
        self.state.library.add(path, owner=self, done=self._show_model, failed=self.show_error)

    def show_look(self, look: Look) -> None:
        """Show what is known of the machine."""
        self.machine.show_document(look.document, at=look.at)
        self._starter_is_missing = is_starter_missing(look.document)
        if self._starter_is_missing:
            self._show_no_starter()
        elif self.check.stage is Stage.UNAVAILABLE:
            self._check_work.show_last()

    def show_check_idle(self, can_resume: bool) -> None:
        """Offer the check, if there is a model for it."""
        if self._starter_is_missing:
            self._show_no_starter()
        else:
            self.check.show_idle(can_resume=can_resume)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _gguf_files(event.mimeData()):
            event.acceptProposedAction()
            self.banner.show_note(self.tr("Drop it to add the model to the library."))

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.banner.clear()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self.banner.clear()
        for path in _gguf_files(event.mimeData()):
            self.open_file(path)
        event.acceptProposedAction()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose_direction()

    def _show_no_starter(self) -> None:
        self.check.show_unavailable(
            self.tr("It takes the starter model, which is missing: see what to mend.")
        )

    def _choose_direction(self) -> None:
        letters = self.width() / max(1, self.fontMetrics().averageCharWidth())
        directions = QBoxLayout.Direction
        is_wide = letters >= _TWO_COLUMNS_LETTERS
        self._top.setDirection(directions.LeftToRight if is_wide else directions.TopToBottom)

    def _lay_out(self) -> None:
        inside = QWidget(self)
        inside.setProperty("role", "page")
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setSpacing(16)
        self._top.addWidget(self.machine, 3)
        self._top.addWidget(self.check, 2)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addLayout(self._top)
        column.addWidget(self.runs)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addWidget(area)

    def _connect(self) -> None:
        self.machine.look_again.connect(self._machine_work.look)
        self._machine_work.began.connect(self.machine.show_busy)
        self._machine_work.ended.connect(self.machine.show_idle)
        self._machine_work.found.connect(self.show_look)
        self._machine_work.failed.connect(
            lambda error: self.show_error(error, retry=self._machine_work.look)
        )
        self.check.started.connect(self._check_work.start)
        self.check.stopped.connect(self._check_work.stop)
        self.check.opened.connect(self._open_run_id)
        self._check_work.waiting.connect(self.check.show_waiting)
        self._check_work.progressed.connect(self.check.show_progress)
        self._check_work.stopping.connect(self.check.show_stopping)
        self._check_work.found.connect(self.check.show_result)
        self._check_work.idle.connect(self.show_check_idle)
        self._check_work.failed.connect(
            lambda error: self.show_error(error, retry=self._check_work.start)
        )
        self.runs.opened.connect(self._open_run)
        self.state.store.changed.connect(self._on_store_changed)

    def _on_store_changed(self) -> None:
        if self._is_visible_page:
            self.read_runs()

    def _on_store_failed(self, error: "ErrorInfo") -> None:
        self.runs.show_problem(error.problem)
        self.show_error(error, retry=self.read_runs)

    def _open_chosen(self, chosen: str) -> None:
        self.open_file(Path(chosen))

    def _show_model(self, entry: "LibraryEntry") -> None:
        self.state.page_wanted.emit("models", ModelWanted(path=entry.path))

    def _open_run(self, run: RunSummary) -> None:
        has_problems = run.verb == "evaluate"
        page = "benchmark" if has_problems else "compare"
        self.state.page_wanted.emit(page, RunWanted(run_id=run.run_id))

    def _open_run_id(self, run_id: str) -> None:
        self.state.page_wanted.emit("compare", RunWanted(run_id=run_id))

    def _restyle(self) -> None:
        self._open_button.setIcon(icon("folder", self.state.themes.theme))
        self._choose_direction()


def _last_runs(store: "Store") -> list[RunSummary]:
    return run_summaries(store, limit=_SHOWN_RUNS)


def _gguf_files(data: QMimeData) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() == ".gguf"]
