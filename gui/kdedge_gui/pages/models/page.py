"""Models: the list, and everything about the one that is chosen."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu, QPushButton, QSplitter, QWidget

from kdedge.models.footprint import Footprint
from kdedge_gui.models.known_results import KnownResults
from kdedge_gui.page import Page
from kdedge_gui.pages.models.actions import ModelActions
from kdedge_gui.pages.models.details import DetailsPane
from kdedge_gui.pages.models.details_work import DetailsWork
from kdedge_gui.pages.models.download_dialog import DownloadDialog
from kdedge_gui.pages.models.download_work import pull_exists
from kdedge_gui.pages.models.downloads import DownloadList
from kdedge_gui.pages.models.library_view import LibraryView
from kdedge_gui.pages.models.load_work import LoadWork
from kdedge_gui.pages.models.rows_work import RowsWork
from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import icon
from kdedge_gui.wanted import ModelWanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kdedge.core.errors import KdedgeError
    from kdedge.models.found import LibraryEntry
    from kdedge_gui.library import ModelEntry
    from kdedge_gui.models.library_table import LibraryRow
    from kdedge_gui.pages.models.forecast import ContextWanted
    from kdedge_gui.state import AppState

_SIDE_BY_SIDE_LETTERS = 150
"""Narrower than so many letters, the details stand below the list."""
_FILTER_WIDTH = 320


class ModelsPage(Page):
    """The library and one model of it."""

    name: ClassVar[str] = "models"
    title: ClassVar[str] = "Models"

    def __init__(self, state: "AppState", parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._entry: ModelEntry | None = None
        self._known: KnownResults | None = None
        self._wanted_path: Path | None = None
        """A model that is to be chosen as soon as it is listed."""
        self.actions_of_model = ModelActions(state, self)
        self._rows = RowsWork(state, self)
        self._work = DetailsWork(state, self)
        adding = self._ways_to_add()
        self._filter = QLineEdit(self)
        self._add = QPushButton(self.tr("&Add"), self)
        self.downloads = DownloadList(state, self)
        self.list = LibraryView(state.themes, adding, self)
        self.list.set_actions(self.actions_of_model.all)
        self.details = DetailsPane(state.themes, self)
        self.details.set_actions([self.actions_of_model.benchmark], self.actions_of_model.all[1:])
        self._loading = LoadWork(state, self.details.load)
        self._splitter = QSplitter(Qt.Orientation.Vertical, self)
        self._lay_out(adding)
        self._connect()
        state.themes.changed.connect(self._restyle)
        self._restyle()
        self.show_chosen(None)

    @override
    def entered(self, payload: object = None) -> None:
        if isinstance(payload, ModelWanted):
            self._wanted_path = payload.path
            self._filter.clear()
            self._choose_wanted()
        self._rows.wake()
        self._loading.show_now()
        self.list.view.setFocus()

    @override
    def left(self) -> None:
        self._rows.sleep()

    @override
    def page_actions(self) -> list[QAction]:
        ways = [(words.replace("&", ""), act) for words, act in self._ways_to_add()]
        ways += [
            (self.tr("Find a model"), self._filter.setFocus),
            (self.tr("Look for models again"), self.state.library.rescan),
        ]
        actions = []
        for words, act in ways:
            action = QAction(words, self)
            action.triggered.connect(lambda _=False, act=act: act())
            actions.append(action)
        return actions

    def choose_file(self) -> None:
        """Let the user choose GGUF files and add them to the list."""
        dialog = self._file_dialog(self.tr("Add GGUF files"), QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([self.tr("GGUF models (*.gguf)"), self.tr("All files (*)")])
        dialog.filesSelected.connect(self.add_files)
        dialog.open()

    def choose_folder(self) -> None:
        """Let the user choose a folder whose models are listed from now on."""
        dialog = self._file_dialog(self.tr("Add a folder"), QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.add_folder)
        dialog.open()

    def choose_download(self) -> None:
        """Ask which model of the hub is to be downloaded."""
        dialog = DownloadDialog(self)
        dialog.wanted.connect(self.downloads.start)
        dialog.open()

    def add_files(self, chosen: "Sequence[str]") -> None:
        """Add these files to the list."""
        self.banner.clear()
        for each in chosen:
            self.state.library.add(
                Path(each), owner=self, done=self._on_added, failed=self.show_error
            )

    def add_folder(self, chosen: str) -> None:
        """List the models of this folder from now on."""
        folders = self.state.preferences.folders
        if Path(chosen) not in folders:
            self.state.preferences.folders = (*folders, Path(chosen))

    def show_rows(self, rows: "Sequence[LibraryRow]", *, is_scanning: bool = False) -> None:
        """Show the list."""
        self.list.show_rows(rows, is_scanning=is_scanning)
        self._choose_wanted()

    def show_chosen(self, entry: "ModelEntry | None", known: KnownResults | None = None) -> None:
        """Show what the list knows of the chosen model."""
        is_new = _is_news(entry, before=self._entry)
        self._entry, self._known = entry, known
        self.actions_of_model.choose(entry)
        self._loading.choose(entry)
        self.details.setVisible(entry is not None)
        if entry is not None:
            self.details.show_entry(entry, sha256=(known or KnownResults()).sha256)
            if is_new:
                self.details.forget_header()
                length = None if entry.summary is None else entry.summary.context_length
                wanted = self.state.preferences.context_tokens
                self.details.memory.set_context_length(length, wanted_tokens=wanted)
            if is_new and entry.summary is not None and entry.summary.prediction is not None:
                self.show_forecast(entry.summary.prediction)
        self._on_wanted_context(self.details.memory.wanted)

    def show_forecast(self, found: "Footprint | KdedgeError") -> None:
        """Show whether the chosen model fits."""
        self.details.memory.show_forecast(found)
        self._loading.set_footprint(found if isinstance(found, Footprint) else None)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose_orientation()

    def _on_rows(self, rows: "Sequence[LibraryRow]") -> None:
        self.show_rows(rows, is_scanning=self.state.library.is_scanning)
        error = self.state.library.error
        if error is not None:
            self.show_error(error, retry=self.state.library.rescan)
        row = self.list.current_row()
        if row is not None:
            self._on_chosen(row)

    def _on_chosen(self, row: "LibraryRow | None") -> None:
        entry = None if row is None else row.entry
        known = self._rows.results.get(str(entry.path)) if entry is not None else None
        if entry is self._entry and known == self._known:
            return
        self.show_chosen(entry, known)
        is_usable = entry is not None and entry.summary is not None
        self._work.choose(entry.path if is_usable and entry is not None else None)
        self._work.find_measured(known.memory_run if known is not None else "")

    def _choose_wanted(self) -> None:
        if self._wanted_path is not None and self.list.choose(str(self._wanted_path)):
            self._wanted_path = None

    def _on_wanted_context(self, wanted: "ContextWanted") -> None:
        self._work.want(wanted)
        self._loading.set_context(wanted.context_tokens)
        if self._entry is None:
            self.set_command(["kdedge", "models", "list"])
            return
        words = ["kdedge", "models", "show", self._entry.argument]
        words += ["--context", str(wanted.context_tokens)]
        if wanted.n_sequences > 1:
            words += ["--sequences", str(wanted.n_sequences)]
        self.set_command(words)

    def _on_added(self, entry: "LibraryEntry") -> None:
        self._wanted_path = entry.path

    def _on_arrived(self, path: Path) -> None:
        self._wanted_path = path
        self._choose_wanted()

    def _file_dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _ways_to_add(self) -> "list[tuple[str, Callable[[], None]]]":
        ways: list[tuple[str, Callable[[], None]]] = [
            (self.tr("Add a &file…"), self.choose_file),
            (self.tr("Add a f&older…"), self.choose_folder),
        ]
        if pull_exists():
            ways.append((self.tr("&Download from the hub…"), self.choose_download))
        return ways

    def _choose_orientation(self) -> None:
        letters = self.width() / max(1, self.fontMetrics().averageCharWidth())
        is_wide = letters >= _SIDE_BY_SIDE_LETTERS
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if self._splitter.orientation() != wanted:
            self._splitter.setOrientation(wanted)
            self._splitter.setSizes([580, 420] if is_wide else [300, 700])

    def _lay_out(self, adding: "Sequence[tuple[str, Callable[[], None]]]") -> None:
        self._filter.setPlaceholderText(self.tr("Filter"))
        self._filter.setClearButtonEnabled(True)
        self._filter.setAccessibleName(self.tr("Filter the models"))
        self._filter.setMaximumWidth(_FILTER_WIDTH)
        menu = QMenu(self._add)
        for words, act in adding:
            menu.addAction(words, act)
        self._add.setMenu(menu)
        self.add_header_widget(self._filter)
        self.add_header_widget(self._add)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(16)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(self.details)
        self._splitter.setStretchFactor(0, 2)
        self._splitter.setStretchFactor(1, 3)
        self.body.addWidget(self.downloads)
        self.body.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        self._filter.textChanged.connect(self.list.set_filter)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self._filter.setFocus)
        self.list.chosen.connect(self._on_chosen)
        self.downloads.arrived.connect(self._on_arrived)
        self._rows.ready.connect(self._on_rows)
        self._rows.room_changed.connect(self._work.refresh)
        self._work.metadata_known.connect(self.details.show_metadata)
        self._work.forecast_known.connect(self.show_forecast)
        self._work.measured_known.connect(self.details.memory.show_measured)
        self._work.failed.connect(self.show_error)
        self.details.memory.wanted_changed.connect(self._on_wanted_context)
        self._loading.begun.connect(self.banner.clear)
        self._loading.failed.connect(self.show_error)
        self.actions_of_model.failed.connect(self.show_error)
        self.actions_of_model.noted.connect(self.banner.show_note)

    def _restyle(self) -> None:
        self._add.setIcon(icon("add", self.state.themes.theme))
        self._choose_orientation()


def _is_news(entry: "ModelEntry | None", *, before: "ModelEntry | None") -> bool:
    """Return whether ``entry`` is another model, or one whose header was not read before."""
    if entry is None or before is None or entry.path != before.path:
        return True
    return before.summary is None and entry.summary is not None
