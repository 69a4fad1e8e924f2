"""Keeps the conversation after each turn, finds the last one, and exports: all in the background.

One write follows the other, so that an older state never ends up on top of a newer one.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from kdedge.core.files import write_text
from kdedge_gui.pages.assistant.conversation import Conversation, as_json, as_markdown
from kdedge_gui.pages.assistant.conversation_files import forget, keep, last_kept

if TYPE_CHECKING:
    from kdedge_gui.errors import ErrorInfo
    from kdedge_gui.state import AppState


class Keeper(QObject):
    """The files of conversations."""

    found = Signal(object)
    """The ``Conversation`` begun last, at an earlier start of the app."""
    failed = Signal(object)
    """An ``ErrorInfo``."""

    def __init__(self, state: "AppState", window: QWidget) -> None:
        super().__init__(window)
        self._state = state
        self._window = window
        self._is_writing = False
        self._waiting: Conversation | None = None
        self._unwanted: Conversation | None = None
        """To be deleted after the write that is under way."""
        self._deleted: set[str] = set()

    def find_last(self) -> None:
        """Look for the last conversation; ``found`` tells of one."""
        self._state.background.run(last_kept, owner=self, done=self._on_found)

    def keep(self, conversation: Conversation) -> None:
        """Write ``conversation``, after the write that is under way."""
        if not conversation.turns or conversation.started_at in self._deleted:
            return
        if self._is_writing:
            self._waiting = conversation
            return
        self._is_writing = True
        self._state.background.run(
            lambda: keep(conversation),
            owner=self,
            done=lambda _: self._go_on(),
            failed=self._on_failed,
        )

    def delete(self, conversation: Conversation) -> None:
        """Delete what was kept of ``conversation``."""
        self._deleted.add(conversation.started_at)
        self._waiting = None
        if self._is_writing:
            self._unwanted = conversation
            return
        self._state.background.run(
            lambda: forget(conversation),
            owner=self,
            done=lambda _: self._state.notice.emit(self.tr("The conversation is deleted.")),
            failed=self.failed.emit,
        )

    def export(self, conversation: Conversation, *, ending: str) -> None:
        """Ask where to, then write ``conversation`` as ``.md`` or ``.json``."""
        dialog = QFileDialog(
            self._window, self.tr("Export the conversation"), f"conversation{ending}"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.write(conversation, Path(name)))
        dialog.open()

    def write(self, conversation: Conversation, path: Path) -> None:
        """Write ``conversation`` to ``path``: JSON if its name says so, else Markdown."""
        as_text = as_json if path.suffix.lower() == ".json" else as_markdown
        words = self.tr("Exported to {path}.").replace("{path}", str(path))
        self._state.background.run(
            lambda: write_text(path, as_text(conversation)),
            owner=self,
            done=lambda _: self._state.notice.emit(words),
            failed=self.failed.emit,
        )

    def _on_found(self, conversation: Conversation | None) -> None:
        if conversation is not None:
            self.found.emit(conversation)

    def _on_failed(self, error: "ErrorInfo") -> None:
        self._go_on()
        self.failed.emit(error)

    def _go_on(self) -> None:
        """The write is over: do what was wanted meanwhile."""
        self._is_writing = False
        unwanted, self._unwanted = self._unwanted, None
        if unwanted is not None:
            self.delete(unwanted)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.keep(waiting)
