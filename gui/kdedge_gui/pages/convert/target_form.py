"""What goes with the types: imatrix, divergence, limits to choose by, folder and name."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QPushButton, QWidget

from kdedge_gui.diagnostics import without_home
from kdedge_gui.pages.convert.plan import Limits
from kdedge_gui.pages.settings.fields import ChoiceBox, Field
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.flow_layout import FlowLayout

_LETTERS = 26
_LONGEST_LETTERS = 40


class TargetForm(Card):
    """Fields that flow; a frame without a border."""

    changed = Signal()
    imatrix_changed = Signal()
    imatrix_file_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, *args: object) -> None:
        super().__init__("", *args)  # type: ignore[arg-type]
        mark(self, "role", "")
        self.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self.imatrix_path: Path | None = None
        self.folder = Path()
        self._make_imatrix()
        self._make_limits()
        self._make_target()
        self._lay_out()
        self._on_mode()

    @property
    def chooses(self) -> bool:
        """Whether one type is chosen by limits."""
        return bool(self._mode.currentData() == "choose")

    @property
    def limits(self) -> Limits | None:
        """The limits, where a type is chosen by them."""
        if not self.chooses:
            return None
        kl, speed = self._max_kl.value(), self._speed.value()
        return Limits(
            budget=self._budget.text().strip() or None,
            max_kl=kl or None,
            min_decode_tokens_per_s=speed or None,
        )

    @property
    def gathers(self) -> bool:
        """Whether an imatrix is gathered first."""
        return bool(self.imatrix.currentData() == "gather")

    @property
    def imatrix_file(self) -> Path | None:
        """The imatrix file, where one was chosen."""
        return self.imatrix_path if self.imatrix.currentData() == "file" else None

    @property
    def measures(self) -> bool:
        """Whether divergence is measured afterwards."""
        return self._measure.isChecked()

    @property
    def name(self) -> str:
        """What the files are called."""
        return self._name.text().strip()

    def set_target(self, folder: Path, name: str) -> None:
        """Show where files go and what they are called."""
        self._name.setText(name)
        self.set_folder(folder)

    def set_folder(self, folder: Path) -> None:
        """Show where files go."""
        self.folder = folder
        shown = without_home(str(folder))
        metrics = self._folder_button.fontMetrics()
        room = metrics.averageCharWidth() * _LONGEST_LETTERS
        middle = Qt.TextElideMode.ElideMiddle
        self._folder_button.setText(metrics.elidedText(shown, middle, room))
        self._folder_button.setToolTip(shown)
        self._folder_button.setAccessibleDescription(shown)
        self.changed.emit()

    def set_imatrix_file(self, path: Path) -> None:
        """Use the statistics in ``path``."""
        self.imatrix_path = path
        self._imatrix_button.setText(path.name)
        self._imatrix_button.setToolTip(str(path))
        self.imatrix.set_value("file")
        self._on_imatrix()

    def forget_imatrix(self) -> None:
        """Use none: there is another master."""
        self.imatrix_path = None
        self.imatrix.set_value("none")
        self._imatrix_field.hide()

    def forget_imatrix_choice(self) -> None:
        """Use none: no file was chosen after all."""
        if self.imatrix_path is None:
            self.imatrix.set_value("none")
            self._on_imatrix()

    def show_options(self, shown: bool) -> None:
        """Show what only quantising knows, or just the name and the folder."""
        for row in self._rows[:-1]:
            row.setVisible(shown)

    def set_mode(self, mode: str) -> None:
        """Make all ticked types (``types``), or choose one by limits (``choose``)."""
        self._mode.set_value(mode)

    def set_limits(self, *, budget: str = "", max_kl: float = 0.0) -> None:
        """Fill in limits."""
        self._budget.setText(budget)
        self._max_kl.setValue(max_kl)

    def _on_imatrix(self) -> None:
        is_file = self.imatrix.currentData() == "file"
        self._imatrix_field.setVisible(is_file)
        self.imatrix_changed.emit()
        if is_file and self.imatrix_path is None:
            self.imatrix_file_wanted.emit()

    def _on_mode(self) -> None:
        for field in self._limit_fields:
            field.setVisible(self.chooses)
        self._measure.setVisible(not self.chooses)
        self.changed.emit()

    def _make_imatrix(self) -> None:
        self.imatrix = ChoiceBox(
            [
                ("none", self.tr("None")),
                ("gather", self.tr("Gather one first")),
                ("file", self.tr("A file…")),
            ]
        )
        self.imatrix.activated.connect(self._on_imatrix)
        self._imatrix_button = QPushButton(self.tr("Choose…"), self)
        self._imatrix_button.clicked.connect(self.imatrix_file_wanted)
        self._imatrix_field = Field(self.tr("Imatrix &file"), self._imatrix_button)
        self._imatrix_field.hide()

    def _make_limits(self) -> None:
        self._mode = ChoiceBox(
            [
                ("types", self.tr("Every ticked type")),
                ("choose", self.tr("One, chosen by limits")),
            ]
        )
        self._mode.currentIndexChanged.connect(self._on_mode)
        self._budget = QLineEdit(self)
        self._budget.setPlaceholderText(self.tr("for example 90MB"))
        self._budget.textChanged.connect(self.changed)
        self._max_kl = _limit_box(self, decimals=3, step=0.01)
        self._max_kl.valueChanged.connect(self.changed)
        self._speed = _limit_box(self, decimals=1, step=1.0)
        self._speed.valueChanged.connect(self.changed)
        self._limit_fields = (
            Field(self.tr("&Largest size"), self._budget),
            Field(self.tr("Largest mean &KL"), self._max_kl),
            Field(self.tr("Least d&ecode, tokens/s"), self._speed),
        )
        self._measure = QCheckBox(self.tr("&Measure divergence from the master afterwards"), self)
        self._measure.setChecked(True)
        self._measure.toggled.connect(self.changed)

    def _make_target(self) -> None:
        self._name = QLineEdit(self)
        self._name.textChanged.connect(self.changed)
        self._folder_button = QPushButton(self)
        self._folder_button.clicked.connect(self.folder_wanted)
        self._folder_field = Field(self.tr("Fol&der"), self._folder_button)

    def _lay_out(self) -> None:
        for field in (self._name, self._budget):
            field.setMinimumWidth(self.fontMetrics().averageCharWidth() * _LETTERS)
        rows = (
            (
                Field(self.tr("Ma&ke"), self._mode),
                *self._limit_fields,
                Field(self.tr("&Imatrix"), self.imatrix),
                self._imatrix_field,
            ),
            (self._measure,),
            (Field(self.tr("&Name of the files"), self._name), self._folder_field),
        )
        self._rows: list[QWidget] = []
        for widgets in rows:
            holder = QWidget(self)
            self._rows.append(holder)
            flow = FlowLayout(holder, spacing=16)
            for widget in widgets:
                flow.addWidget(widget)
            self.content.addWidget(holder)


def _limit_box(parent: QWidget, *, decimals: int, step: float) -> QDoubleSpinBox:
    made = QDoubleSpinBox(parent)
    made.setDecimals(decimals)
    made.setSingleStep(step)
    made.setRange(0.0, 1e6)
    made.setSpecialValueText(parent.tr("no limit"))
    return made
