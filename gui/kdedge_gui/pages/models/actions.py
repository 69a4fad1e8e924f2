"""What can be done with the model that is chosen, apart from loading it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QWidget

from kdedge_gui.jobs.verbs import verb_exists
from kdedge_gui.pages.models.remove_dialog import RemoveDialog, can_be_removed
from kdedge_gui.pages.models.verifying import Verifying, verify_exists
from kdedge_gui.wanted import ModelWanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from kdedge_gui.library import ModelEntry
    from kdedge_gui.state import AppState


class ModelActions(QObject):
    """Actions on one model; those that make no sense for it, or whose verb is not there, hide."""

    failed = Signal(object)
    """An ``ErrorInfo``."""
    noted = Signal(str, str)
    """A sentence for the banner and its kind."""

    def __init__(self, state: "AppState", window: QWidget) -> None:
        super().__init__(window)
        self._state = state
        self._window = window
        self._entry: ModelEntry | None = None
        self.benchmark = self._action(self.tr("&Benchmark…"), self._benchmark)
        self.verify = self._action(self.tr("&Verify the file"), self._verify)
        self.reveal = self._action(self.tr("Show in its &folder"), self._reveal)
        self.copy_path = self._action(self.tr("&Copy the path"), self._copy_path)
        self.remove = self._action(self.tr("&Remove from the list…"), self._ask_to_remove)
        self.remove.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        self._verifying = Verifying(state, self)
        self._verifying.noted.connect(self.noted)
        self._verifying.failed.connect(self.failed)
        self.choose(None)

    @property
    def all(self) -> list[QAction]:
        """Every action, in the order of a menu."""
        return [self.benchmark, self.verify, self.reveal, self.copy_path, self.remove]

    def choose(self, entry: "ModelEntry | None") -> None:
        """Act on ``entry`` from now on."""
        self._entry = entry
        is_there = entry is not None and entry.file_bytes is not None
        is_usable = is_there and entry is not None and entry.summary is not None
        self.benchmark.setVisible(is_usable and verb_exists("evaluate"))
        self.verify.setVisible(is_there and verify_exists())
        self.reveal.setVisible(is_there)
        self.copy_path.setVisible(entry is not None)
        self.remove.setVisible(entry is not None and can_be_removed(entry))

    def _action(self, words: str, act: "Callable[[], None]") -> QAction:
        action = QAction(words, self)
        action.triggered.connect(lambda _=False: act())
        return action

    def _benchmark(self) -> None:
        if self._entry is not None:
            self._state.page_wanted.emit("benchmark", ModelWanted(path=self._entry.path))

    def _verify(self) -> None:
        if self._entry is not None:
            self._verifying.start(self._entry)

    def _reveal(self) -> None:
        if self._entry is not None:
            folder = QUrl.fromLocalFile(str(self._entry.path.parent))
            QDesktopServices.openUrl(folder)

    def _copy_path(self) -> None:
        if self._entry is not None:
            QGuiApplication.clipboard().setText(str(self._entry.path))
            self._state.notice.emit(self.tr("The path is on the clipboard."))

    def _ask_to_remove(self) -> None:
        entry = self._entry
        if entry is None or not can_be_removed(entry):
            return
        dialog = RemoveDialog(entry, self._window)
        dialog.confirmed.connect(lambda deletes: self._remove(entry, deletes_file=deletes))
        dialog.open()

    def _remove(self, entry: "ModelEntry", *, deletes_file: bool) -> None:
        if deletes_file and self._state.engine.model_path == entry.path:
            self._state.engine.unload()
        rest = self.tr("its file is deleted") if deletes_file else self.tr("its file stays")
        words = self.tr("{name} is forgotten; {rest}.").format(name=entry.name, rest=rest)
        self._state.library.remove(
            entry.name,
            owner=self,
            done=lambda _: self._state.notice.emit(words),
            failed=self.failed.emit,
            delete_file=deletes_file,
        )
