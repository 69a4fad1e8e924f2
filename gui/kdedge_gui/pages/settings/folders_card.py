"""The card "Model folders": where GGUF files are looked for, beside the places kdedge knows."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from kdedge_gui.diagnostics import without_home
from kdedge_gui.pages.settings.fields import sentence
from kdedge_gui.preferences import Preferences
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.flow_layout import FlowLayout

_ROWS = 4


class FoldersCard(Card):
    """Adds and removes folders; the library lists them again at once."""

    def __init__(
        self, preferences: Preferences, themes: ThemeManager, parent: QWidget | None = None
    ) -> None:
        super().__init__("", themes, parent)
        self._preferences = preferences
        self.set_title(self.tr("Model folders"))
        self._about = sentence("")
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Model folders"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemSelectionChanged.connect(self._on_selection)
        self.add_button = QPushButton(self.tr("&Add a folder…"), self)
        self.add_button.clicked.connect(self.choose_folder)
        self.remove_button = QPushButton(self.tr("&Remove"), self)
        self.remove_button.setToolTip(self.tr("The folder and its files stay where they are"))
        self.remove_button.clicked.connect(self.remove_chosen)
        buttons = QWidget(self)
        row = FlowLayout(buttons)
        row.addWidget(self.add_button)
        row.addWidget(self.remove_button)
        for widget in (self._about, self.list, buttons):
            self.content.addWidget(widget)
        self.content.addStretch(1)
        self.show_folders()
        preferences.changed.connect(self._on_preference)
        themes.changed.connect(self._restyle)
        self._restyle()

    def show_folders(self) -> None:
        """Show the folders that are chosen."""
        self.list.clear()
        for folder in self._preferences.folders:
            item = QListWidgetItem(without_home(str(folder)), self.list)
            item.setToolTip(str(folder))
            item.setData(Qt.ItemDataRole.UserRole, str(folder))
        self.list.setVisible(self.list.count() > 0)
        self._fit_list()
        known = self.tr(
            "kdedge's own folder, Hugging Face, LM Studio and Ollama are found anyway."
        )
        none = self.tr("No folder of yours yet.")
        self._about.setText(known if self.list.count() else f"{none} {known}")
        self._on_selection()

    def choose_folder(self) -> None:
        """Let the user choose a folder."""
        dialog = QFileDialog(self, self.tr("Add a folder with GGUF models"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.add_folder(Path(chosen)))
        dialog.open()

    def add_folder(self, folder: Path) -> None:
        """Look for models in ``folder`` from now on."""
        if folder not in self._preferences.folders:
            self._preferences.folders = (*self._preferences.folders, folder)

    def remove_chosen(self) -> None:
        """Forget the folders that are selected."""
        role = Qt.ItemDataRole.UserRole
        gone = {Path(item.data(role)) for item in self.list.selectedItems()}
        kept = tuple(each for each in self._preferences.folders if each not in gone)
        self._preferences.folders = kept

    def _on_preference(self, name: str) -> None:
        if name == "folders":
            self.show_folders()

    def _on_selection(self) -> None:
        self.remove_button.setEnabled(bool(self.list.selectedItems()))

    def _restyle(self) -> None:
        theme = self._themes.theme
        self.add_button.setIcon(icon("add", theme))
        self.remove_button.setIcon(icon("remove", theme))
        self._fit_list()

    def _fit_list(self) -> None:
        row = max(self.list.sizeHintForRow(0), self.list.fontMetrics().height())
        shown = min(_ROWS, max(1, self.list.count()))
        self.list.setFixedHeight(row * shown + 2 * self.list.frameWidth() + 4)
