"""What the page shows while documents are read and differences computed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.theme.style_sheet import mark

_WIDTH_LETTERS = 40


class BusyState(QWidget):
    """A sentence, a bar without an end, and a way out."""

    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel(self)
        mark(self._text, "role", "subtitle")
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._stop = QPushButton(self.tr("Ca&ncel"), self)
        self._stop.clicked.connect(self.stop_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addStretch(2)
        column.addWidget(self._text)
        column.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._stop, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def say(self, text: str, *, can_stop: bool = True) -> None:
        """Say what is being done.

        Args:
            text: A sentence.
            can_stop: Whether there is something else to go back to.
        """
        self._text.setText(text)
        self._bar.setAccessibleName(text)
        self._bar.setFixedWidth(self.fontMetrics().averageCharWidth() * _WIDTH_LETTERS)
        self._stop.setVisible(can_stop)
