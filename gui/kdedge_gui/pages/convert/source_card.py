"""Step 1: what is to be converted, a checkpoint's folder or a GGUF master."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QWidget

from kdedge_gui.pages.settings.fields import ChoiceBox, Field, WheelFilter, sentence
from kdedge_gui.theme.icons import icon
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.elided_label import ElidedLabel
from kdedge_gui.widgets.flow_layout import FlowLayout

_LETTERS = 30


class SourceCard(Card):
    """Offers the library's masters and a folder dialog; says what was chosen."""

    folder_wanted = Signal()
    file_wanted = Signal()
    master_picked = Signal(str)
    options_changed = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("1  Source"))
        self.masters = QComboBox(self)
        self.masters.setAccessibleName(self.tr("Masters of the library"))
        self.masters.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.masters.installEventFilter(WheelFilter(self.masters))
        self.masters.setMinimumContentsLength(_LETTERS)
        adjust = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.masters.setSizeAdjustPolicy(adjust)
        self.masters.activated.connect(self._on_picked)
        self.folder_button = QPushButton(self.tr("&Checkpoint folder…"), self)
        self.folder_button.clicked.connect(self.folder_wanted)
        self.file_button = QPushButton(self.tr("&GGUF file…"), self)
        self.file_button.clicked.connect(self.file_wanted)
        self._path = ElidedLabel(self)
        mark(self._path, "role", "mono")
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        self.show_nothing()
        themes.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """What is said of the source."""
        return self._text.text()

    @property
    def dtype(self) -> str:
        """What the matrices of a checkpoint become."""
        return str(self._dtype.currentData())

    @property
    def verify(self) -> bool:
        """Whether the conversion is to be proven."""
        return self._verify.isChecked()

    def show_masters(self, masters: Sequence[tuple[str, str]]) -> None:
        """Offer the library's masters: path and words; the choice stays."""
        chosen = self.masters.currentData()
        with QSignalBlocker(self.masters):
            self.masters.clear()
            self.masters.addItem(self.tr("Choose a master of the library"), "")
            for path, words in masters:
                self.masters.addItem(words, path)
                self.masters.setItemData(
                    self.masters.count() - 1, path, Qt.ItemDataRole.ToolTipRole
                )
            self.masters.setCurrentIndex(max(0, self.masters.findData(chosen)))
        self.masters.setVisible(bool(masters))

    def show_nothing(self) -> None:
        """Say what can be chosen."""
        self._show(None)
        self._text.setText(
            self.tr(
                "Drop a folder with config.json and safetensors here, or a GGUF file with "
                "unquantised weights (F32, F16 or BF16)."
            )
        )

    def show_looking(self, source: Path) -> None:
        """Say that the source is looked at."""
        self._show(source)
        self._text.setText(self.tr("Looking at it…"))

    def show_master(self, source: Path, text: str) -> None:
        """Show a master that can be quantised."""
        self._show(source)
        self._text.setText(text)

    def show_checkpoint(self, source: Path, text: str) -> None:
        """Show a checkpoint that can be converted."""
        self._show(source)
        self._text.setText(text)
        self._options.show()

    def show_refusal(self, source: Path, text: str) -> None:
        """Show why nothing can be made of the source."""
        self._show(source)
        self._text.setText(text)

    def set_busy(self, busy: bool) -> None:
        """Take no other source while jobs run."""
        for each in (self.masters, self.folder_button, self.file_button, self._options):
            each.setEnabled(not busy)

    def _show(self, source: Path | None) -> None:
        self._path.setVisible(source is not None)
        self._path.show_text(str(source or ""))
        self._options.hide()
        with QSignalBlocker(self.masters):
            self.masters.setCurrentIndex(max(0, self.masters.findData(str(source or ""))))

    def _on_picked(self) -> None:
        if self.masters.currentData():
            self.master_picked.emit(self.masters.currentData())

    def _lay_out(self) -> None:
        row = QWidget(self)
        flow = FlowLayout(row)
        for each in (self.masters, self.folder_button, self.file_button):
            flow.addWidget(each)
        self._dtype = ChoiceBox(
            [
                ("auto", self.tr("As stored")),
                ("bf16", "BF16"),
                ("f16", "F16"),
                ("f32", "F32"),
            ]
        )
        self._dtype.currentIndexChanged.connect(self.options_changed)
        self._verify = QCheckBox(self.tr("&Prove it: compare with transformers first"), self)
        self._verify.setChecked(True)
        self._verify.toggled.connect(self.options_changed)
        self._options = Card("", self._themes, self)
        mark(self._options, "role", "")
        self._options.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        for widget in (
            Field(self.tr("&Weights"), self._dtype),
            self._verify,
            sentence(self.tr("A file whose proof is not met is not written.")),
        ):
            self._options.content.addWidget(widget)
        for part in (row, self._path, self._text, self._options):
            self.content.addWidget(part)

    def _restyle(self) -> None:
        theme = self._themes.theme
        self.folder_button.setIcon(icon("folder", theme))
        self.file_button.setIcon(icon("models", theme))
