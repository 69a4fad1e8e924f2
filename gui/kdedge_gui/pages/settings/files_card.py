"""The cards on where files are and what leaves the machine: nothing."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from kdedge_gui.diagnostics import without_home
from kdedge_gui.numbers import bytes_text, count_text
from kdedge_gui.pages.settings.fields import sentence
from kdedge_gui.theme.icons import icon, pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.elided_label import ElidedLabel

_MOST_FILES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    """kdedge's folder and what it takes."""

    folder: Path
    n_files: int
    n_bytes: int


def kept_files(folder: Path) -> KeptFiles:
    """Return what ``folder`` takes; call it in the background."""
    import os

    n_files = n_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                n_bytes += os.lstat(Path(parent, name)).st_size
            except OSError:
                continue
            n_files += 1
        if n_files > _MOST_FILES:
            break
    return KeptFiles(folder=folder, n_files=n_files, n_bytes=n_bytes)


class FilesCard(Card):
    """kdedge's folder: path, size, and a button that opens it."""

    failed = Signal(str)
    """The folder could not be opened: its path."""

    def __init__(self, folder: Path, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self._folder = folder
        self.set_title(self.tr("Where kdedge keeps its files"))
        path = ElidedLabel(self)
        mark(path, "role", "mono")
        path.show_text(without_home(str(folder)))
        self._size = QLabel(self.tr("Counting…"), self)
        self.open_button = QPushButton(self.tr("&Open the folder"), self)
        self.open_button.clicked.connect(self._open)
        self.content.addWidget(path)
        self.content.addWidget(self._size)
        about = self.tr(
            "Results, downloaded models and these settings. The variable KDEDGE_HOME moves it."
        )
        self.content.addWidget(sentence(about))
        self.content.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addStretch(1)
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def size_text(self) -> str:
        """What is said of the size."""
        return self._size.text()

    def show_kept(self, kept: KeptFiles) -> None:
        """Show what the folder takes."""
        words = self.tr("{size} in {n} files")
        shown = words.format(size=bytes_text(kept.n_bytes), n=count_text(kept.n_files))
        self._size.setText(shown)

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder))):
            self.failed.emit(str(self._folder))

    def _restyle(self) -> None:
        self.open_button.setIcon(icon("folder", self._themes.theme))


class PrivacyCard(Card):
    """What leaves this machine."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Nothing leaves this machine"))
        self._symbol = QLabel(self)
        text = QLabel(
            self.tr(
                "Models, prompts, completions and results stay here. There is no account, no "
                "usage statistics and no search for updates. The network is used for one thing "
                "only: downloads that you start on the Models page."
            ),
            self,
        )
        text.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        self.content.addLayout(row)
        self.content.addStretch(1)
        themes.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        size = max(20, self.fontMetrics().height())
        self._symbol.setPixmap(pixmap("check", self._themes.theme.good, size=size))
