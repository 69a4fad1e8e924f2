"""Asks before a model leaves the list; deleting its file is a choice of its own."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from kdedge_gui.numbers import bytes_text
from kdedge_gui.theme.style_sheet import mark

if TYPE_CHECKING:
    from kdedge_gui.library import ModelEntry

_LEAST_WIDTH_LETTERS = 56


def can_be_removed(entry: "ModelEntry") -> bool:
    """Return whether it is kdedge's business to remove ``entry``: not another program's."""
    return entry.origin in {"added", "kdedge"}


class RemoveDialog(QDialog):
    """Emits ``confirmed``; open it with ``open()``."""

    confirmed = Signal(bool)
    """Whether the file is to be deleted as well."""

    def __init__(self, entry: "ModelEntry", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Remove a model"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        only_file = entry.origin == "kdedge"
        question = QLabel(self.tr("Remove {name} from the list?").format(name=entry.name), self)
        mark(question, "role", "subtitle")
        path = QLabel(str(entry.path), self)
        path.setTextFormat(Qt.TextFormat.PlainText)
        mark(path, "role", "caption")
        words = (
            self.tr("kdedge keeps this file itself: it is on the list while the file is there.")
            if only_file
            else self.tr("The file stays where it is.")
        )
        explained = QLabel(words, self)
        for label in (question, path, explained):
            label.setWordWrap(True)
        size = bytes_text(entry.file_bytes)
        self._delete = QCheckBox(
            self.tr("&Delete the file as well, for good ({size})").format(size=size), self
        )
        self._delete.setVisible(entry.file_bytes is not None)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._remove = buttons.addButton(
            self.tr("&Remove"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        mark(self._remove, "kind", "danger")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.confirmed.emit(self._delete.isChecked()))
        if only_file:
            self._delete.toggled.connect(self._remove.setEnabled)
            self._remove.setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        for widget in (question, path, explained, self._delete, buttons):
            column.addWidget(widget)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * _LEAST_WIDTH_LETTERS)
