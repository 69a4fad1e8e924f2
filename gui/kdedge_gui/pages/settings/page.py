"""Settings: every choice holds at once and is kept for the next start."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QScrollArea, QVBoxLayout, QWidget

from kdedge.core.paths import home
from kdedge_gui.diagnostics import Bundle, JobNote, collect, write_bundle
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.page import Page
from kdedge_gui.pages.home.machine_work import MachineWork
from kdedge_gui.pages.settings.choices import EngineCard, LookCard, SandboxCard
from kdedge_gui.pages.settings.diagnostics_card import DiagnosticsCard
from kdedge_gui.pages.settings.files_card import FilesCard, PrivacyCard, kept_files
from kdedge_gui.pages.settings.folders_card import FoldersCard
from kdedge_gui.pages.settings.shortcuts_card import ShortcutsCard, keys_of
from kdedge_gui.qt_override import override

if TYPE_CHECKING:
    from kdedge_gui.jobs.job import Job
    from kdedge_gui.pages.home.last_look import Look
    from kdedge_gui.state import AppState

_TWO_COLUMNS_LETTERS = 96
_JOBS_IN_BUNDLE = 20


class SettingsPage(Page):
    """Cards in two columns; in one where there is no room."""

    name: ClassVar[str] = "settings"
    title: ClassVar[str] = "Settings"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        preferences, themes = state.preferences, state.themes
        self._doctor: dict[str, object] | None = None
        self.look = LookCard(preferences, themes, self)
        self.engine = EngineCard(preferences, themes, self)
        self.sandbox = SandboxCard(preferences, themes, self)
        self.folders = FoldersCard(preferences, themes, self)
        self.files = FilesCard(home(), themes, self)
        self.privacy = PrivacyCard(themes, self)
        self.shortcuts = ShortcutsCard(themes, self)
        self.diagnostics = DiagnosticsCard(themes, self)
        self._machine_work = MachineWork(state, self)
        self._lay_out()
        self._connect()

    @override
    def entered(self, payload: object = None) -> None:
        self._machine_work.show_last()
        self.show_shortcuts()
        folder = home()
        self.state.background.run(
            lambda: kept_files(folder), owner=self, done=self.files.show_kept
        )

    @override
    def left(self) -> None:
        if not self.state.preferences.is_saved():
            self._say_not_kept()

    @override
    def page_actions(self) -> list[QAction]:
        wanted = (
            (self.tr("Add a folder with models…"), self.folders.choose_folder),
            (self.tr("Collect diagnostics"), self.collect_diagnostics),
        )
        actions = []
        for words, act in wanted:
            action = QAction(words, self)
            action.triggered.connect(act)
            actions.append(action)
        return actions

    def show_doctor(self, look: "Look") -> None:
        """Offer what llama.cpp can use here."""
        self._doctor = dict(look.document)
        self.engine.show_doctor(look.document)

    def show_shortcuts(self) -> None:
        """List the shortcuts of the window."""
        self.shortcuts.show_keys(keys_of(self.window().findChildren(QAction)))

    def collect_diagnostics(self) -> None:
        """Show what a diagnostics file would hold."""
        self.diagnostics.show_busy()
        jobs = [_note_of(job) for job in self.state.jobs.all()[-_JOBS_IN_BUNDLE:]]
        doctor, settings = self._doctor, self._choices()
        self.state.background.run(
            lambda: collect(doctor=doctor, jobs=jobs, settings=settings),
            owner=self,
            done=self.diagnostics.show_bundle,
            failed=self._on_collect_failed,
        )

    def save_diagnostics(self, path: Path) -> None:
        """Write what is shown."""
        bundle = self.diagnostics.bundle
        if bundle is None:
            return

        def work() -> None:
            write_bundle(bundle, path)

        def done(_: None) -> None:
            self.banner.show_note(self.tr("{name} is written.").format(name=path.name), "good")

        self.state.background.run(work, owner=self, done=done, failed=self.show_error)

    def show_bundle(self, bundle: Bundle) -> None:
        """Show what a diagnostics file would hold; it is not written yet."""
        self.diagnostics.show_bundle(bundle)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose_direction()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Save the diagnostics"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.setNameFilter(self.tr("ZIP files (*.zip)"))
        dialog.setDirectory(QDir.homePath())
        dialog.selectFile(f"kdedge-diagnostics-{date.today().isoformat()}.zip")  # noqa: DTZ011
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.save_diagnostics(Path(chosen)))
        dialog.open()

    def _choices(self) -> dict[str, str]:
        chosen = self.state.preferences
        return {
            "theme": chosen.theme,
            "text_percent": str(chosen.text_percent),
            "threads": str(chosen.threads),
            "gpu_layers": str(chosen.gpu_layers),
            "context_tokens": str(chosen.context_tokens),
            "sandbox_timeout_s": str(chosen.sandbox_timeout_s),
            "n_folders": str(len(chosen.folders)),
        }

    def _on_collect_failed(self, error: ErrorInfo) -> None:
        self.diagnostics.show_idle()
        self.show_error(error, retry=self.collect_diagnostics)

    def _say_not_kept(self) -> None:
        path = self.state.preferences.path
        self.state.notice.emit(
            self.tr("These settings hold until you close: {path} cannot be written.").format(
                path=path
            )
        )

    def _on_open_failed(self, path: str) -> None:
        self.show_error(
            ErrorInfo(
                problem=self.tr("This desktop has no program that opens folders."),
                hint=self.tr("The folder is {path}.").format(path=path),
            )
        )

    def _connect(self) -> None:
        self._machine_work.found.connect(self.show_doctor)
        self.files.failed.connect(self._on_open_failed)
        self.diagnostics.wanted.connect(self.collect_diagnostics)
        self.diagnostics.save_wanted.connect(self._choose_file)
        self.state.themes.changed.connect(self._choose_direction)

    def _choose_direction(self) -> None:
        letters = self.width() / max(1, self.fontMetrics().averageCharWidth())
        directions = QBoxLayout.Direction
        is_wide = letters >= _TWO_COLUMNS_LETTERS
        self._columns.setDirection(directions.LeftToRight if is_wide else directions.TopToBottom)

    def _lay_out(self) -> None:
        inside = QWidget(self)
        inside.setProperty("role", "page")
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(16)
        left = (self.look, self.engine, self.sandbox, self.shortcuts)
        right = (self.privacy, self.folders, self.files, self.diagnostics)
        for cards in (left, right):
            column = QVBoxLayout()
            column.setSpacing(16)
            for card in cards:
                column.addWidget(card)
            column.addStretch(1)
            self._columns.addLayout(column, 1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(area)


def _note_of(job: "Job") -> JobNote:
    error = job.outcome.error if job.outcome is not None else None
    return JobNote(
        title=job.spec.title,
        words=tuple(job.spec.words()),
        state=job.state,
        problem=error.problem if error is not None else "",
        detail=error.detail if error is not None else "",
        log=tuple(job.log),
    )
