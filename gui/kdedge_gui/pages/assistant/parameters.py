"""How the next token is drawn: the values, and the drawer that sets them."""

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark

_WIDTH_LETTERS = 34
_UNLIMITED = 16_777_215
"""Qt's QWIDGETSIZE_MAX."""
_SYSTEM_LINES = 4
_MOST_TOKENS = 1_000_000
_LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the user has set for all three modes."""

    system: str = ""
    """Chat only: what the model is told before the first question."""
    temperature: float = 0.2
    """0 always takes the likeliest token."""
    top_p: float = 0.95
    top_k: int = 40
    """0 keeps all tokens."""
    min_p: float = 0.05
    seed: int = 0
    max_tokens: int = 1024


class ParametersDrawer(QFrame):
    """A column of fields beside the conversation."""

    changed = Signal(object)
    """The new ``Parameters``."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._is_setting = False
        self._is_alone = False
        self._parameters = Parameters()
        mark(self, "role", "card")
        self.setAccessibleName(self.tr("Parameters"))
        self._fields = QVBoxLayout()
        self._fields.setContentsMargins(16, 16, 16, 16)
        self._fields.setSpacing(4)
        self._add_title()
        self._system = self._add_system()
        self._temperature = self._add_decimal(
            self.tr("&Temperature"),
            self.tr("0 always takes the likeliest token; higher values vary more."),
            most=5.0,
        )
        self._top_p = self._add_decimal(
            self.tr("Top-&p"),
            self.tr("Draws among the likeliest tokens that together reach this probability."),
            least=0.01,
        )
        self._top_k = self._add_whole(
            self.tr("Top-&k"),
            self.tr("Draws among so many of the likeliest tokens; 0 keeps all."),
        )
        self._min_p = self._add_decimal(
            self.tr("&Min-p"),
            self.tr("Leaves out tokens less likely than this share of the likeliest."),
        )
        self._seed = self._add_whole(
            self.tr("See&d"),
            self.tr("The same seed and settings give the same answer again."),
            most=_LARGEST_SEED,
        )
        self._max_tokens = self._add_whole(
            self.tr("Most t&okens"), self.tr("The answer ends here at the latest."), least=1
        )
        self._add_reset()
        self._lay_out()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.set_parameters(self._parameters)

    @property
    def parameters(self) -> Parameters:
        """What is set."""
        return self._parameters

    def set_system(self, text: str) -> None:
        """Show another system text; nobody is told."""
        self.set_parameters(replace(self._parameters, system=text))

    def set_parameters(self, parameters: Parameters) -> None:
        """Show ``parameters``; nobody is told."""
        self._is_setting = True
        self._parameters = parameters
        if self._system.toPlainText() != parameters.system:
            self._system.setPlainText(parameters.system)
        self._temperature.setValue(parameters.temperature)
        self._top_p.setValue(parameters.top_p)
        self._top_k.setValue(parameters.top_k)
        self._min_p.setValue(parameters.min_p)
        self._seed.setValue(parameters.seed)
        self._max_tokens.setValue(parameters.max_tokens)
        self._is_setting = False

    def set_alone(self, is_alone: bool) -> None:
        """Take all the width there is, or leave most of it to what is beside."""
        self._is_alone = is_alone
        self._restyle()

    def _read(self) -> None:
        if self._is_setting:
            return
        self._parameters = Parameters(
            system=self._system.toPlainText(),
            temperature=self._temperature.value(),
            top_p=self._top_p.value(),
            top_k=self._top_k.value(),
            min_p=self._min_p.value(),
            seed=self._seed.value(),
            max_tokens=self._max_tokens.value(),
        )
        self.changed.emit(self._parameters)

    def _reset(self) -> None:
        self.set_parameters(replace(Parameters(), system=self._parameters.system))
        self.changed.emit(self._parameters)

    def _add_title(self) -> None:
        title = QLabel(self.tr("Parameters"), self)
        mark(title, "role", "subtitle")
        self._fields.addWidget(title)
        self._fields.addSpacing(8)

    def _add_system(self) -> QPlainTextEdit:
        edit = QPlainTextEdit(self)
        edit.setTabChangesFocus(True)
        edit.setPlaceholderText(self.tr("What the model is told before the first question"))
        edit.textChanged.connect(self._read)
        self._add_field(self.tr("&System text"), edit, self.tr("For chats only."))
        return edit

    def _add_decimal(
        self, name: str, tip: str, *, least: float = 0.0, most: float = 1.0
    ) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setRange(least, most)
        box.setSingleStep(0.05)
        box.setDecimals(2)
        box.valueChanged.connect(self._read)
        self._add_field(name, box, tip)
        return box

    def _add_whole(
        self, name: str, tip: str, *, least: int = 0, most: int = _MOST_TOKENS
    ) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(least, most)
        box.valueChanged.connect(self._read)
        self._add_field(name, box, tip)
        return box

    def _add_field(self, name: str, field: QWidget, tip: str) -> None:
        label = QLabel(name, self)
        label.setBuddy(field)
        label.setToolTip(tip)
        field.setToolTip(tip)
        field.setAccessibleName(name.replace("&", ""))
        field.setAccessibleDescription(tip)
        # A wheel that scrolls the drawer must not change the value it passes over.
        field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._fields.addWidget(label)
        self._fields.addWidget(field)
        self._fields.addSpacing(4)

    def _add_reset(self) -> None:
        button = QPushButton(self.tr("&Back to the usual values"), self)
        mark(button, "kind", "quiet")
        button.clicked.connect(lambda _=False: self._reset())
        self._fields.addSpacing(4)
        self._fields.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._fields.addStretch(1)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setProperty("role", "page")
        inside.setLayout(self._fields)
        area = QScrollArea(self)
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.addWidget(area)

    def _restyle(self) -> None:
        metrics = self.fontMetrics()
        width = metrics.averageCharWidth() * _WIDTH_LETTERS
        self.setMinimumWidth(0 if self._is_alone else width)
        self.setMaximumWidth(_UNLIMITED if self._is_alone else width)
        self._system.setFixedHeight(metrics.lineSpacing() * _SYSTEM_LINES + 16)
