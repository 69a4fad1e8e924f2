"""Asks which model of the hub is to be downloaded."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from kdedge.core.errors import KdedgeError
from kdedge.models.hub import parse_reference
from kdedge_gui.theme.style_sheet import mark

_SCHEME = "hf:"
_LEAST_WIDTH_LETTERS = 60


class DownloadDialog(QDialog):
    """Emits ``wanted``; open it with ``open()``."""

    wanted = Signal(str)
    """A reference that is well formed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Download a model"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel(self.tr("Download a model from Hugging Face"), self)
        mark(title, "role", "subtitle")
        explained = QLabel(
            self.tr(
                "One GGUF file goes into Hugging Face's own cache, and its checksum is compared"
                " with the hub's. This is the only thing kdedge uses the network for."
            ),
            self,
        )
        label = QLabel(self.tr("&Model"), self)
        self._line = QLineEdit(self)
        self._line.setPlaceholderText("hf:ORG/REPO:FILE.gguf")
        self._line.setAccessibleName(self.tr("Model on the hub"))
        label.setBuddy(self._line)
        self._problem = QLabel(self)
        mark(self._problem, "role", "caption")
        for text in (explained, self._problem):
            text.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._start = buttons.addButton(
            self.tr("&Download"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        mark(self._start, "kind", "primary")
        buttons.accepted.connect(self.start)
        buttons.rejected.connect(self.reject)
        self._line.textChanged.connect(self._check)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        for widget in (title, explained, label, self._line, self._problem, buttons):
            column.addWidget(widget)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * _LEAST_WIDTH_LETTERS)
        self._check()

    def set_text(self, text: str) -> None:
        """Put ``text`` into the line."""
        self._line.setText(text)

    @property
    def can_start(self) -> bool:
        """Whether what stands in the line can be downloaded."""
        return self._start.isEnabled()

    def _reference(self) -> str:
        text = self._line.text().strip()
        return text if text.startswith(_SCHEME) else _SCHEME + text

    def _check(self) -> None:
        is_empty = not self._line.text().strip()
        problem = self.tr("Without a file's name, the repository must have just one GGUF file.")
        is_good = not is_empty
        if not is_empty:
            try:
                parse_reference(self._reference())
            except KdedgeError as error:
                problem, is_good = error.hint, False
        self._problem.setText(problem)
        self._start.setEnabled(is_good)

    def start(self) -> None:
        """Say what is wanted, and close."""
        self.wanted.emit(self._reference())
        self.accept()
