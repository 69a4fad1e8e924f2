"""What a page shows while it has nothing: what belongs here and how to get it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from kdedge_gui.theme.icons import pixmap
from kdedge_gui.theme.manager import ThemeManager

_ICON_SIZE = 48
_TEXT_WIDTH_LETTERS = 62
_LARGEST_TEXT_WIDTH = 720


class EmptyState(QWidget):
    """An icon, a title, a sentence or two, and buttons: the first is the likely one."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str,
        actions: Sequence[tuple[str, Callable[[], None]]],
        themes: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._icon = icon
        self._symbol = QLabel(self)
        self._title = QLabel(title, self)
        self._title.setProperty("role", "subtitle")
        self._text = QLabel(text, self)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.buttons: list[QPushButton] = []
        for at, (words, act) in enumerate(actions):
            button = QPushButton(words, self)
            button.setProperty("kind", "primary" if at == 0 else "")
            button.clicked.connect(lambda _=False, act=act: act())
            row.addWidget(button)
            self.buttons.append(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(3)
        themes.changed.connect(self._restyle)
        self._restyle()

    def set_text(self, title: str, text: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._text.setText(text)
        self._fit()

    def _restyle(self) -> None:
        self._symbol.setPixmap(pixmap(self._icon, self._themes.theme.muted, size=_ICON_SIZE))
        self._fit()

    def _fit(self) -> None:
        """Give the text lines of a readable length, and the height they need."""
        letters = self._text.fontMetrics().averageCharWidth() * _TEXT_WIDTH_LETTERS
        width = min(letters, _LARGEST_TEXT_WIDTH)
        self._text.setFixedSize(width, self._text.heightForWidth(width))
