"""Fields of the settings: a name above, the control, and a word on what it means."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.qt_override import override
from kdedge_gui.theme.style_sheet import mark


class Field(QWidget):
    """A control with its name above and, if need be, a sentence below."""

    def __init__(self, name: str, control: QWidget, *, about: str = "") -> None:
        """Put them together.

        Args:
            name: With a mnemonic.
            control: Gets the name for screen readers.
            about: What it means, where the name does not say it.
        """
        super().__init__()
        label = QLabel(name, self)
        label.setBuddy(control)
        control.setAccessibleName(name.replace("&", ""))
        control.setAccessibleDescription(about)
        control.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(WheelFilter(control))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label)
        column.addWidget(control)
        if about:
            column.addWidget(sentence(about))


class WheelFilter(QObject):
    """Keeps the wheel from changing a control that only happens to be under the pointer."""

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_wheel = event.type() == QEvent.Type.Wheel
        if is_wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class ChoiceBox(QComboBox):
    """One of some words, each standing for a value."""

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer ``choices``: value and word."""
        super().__init__()
        for value, word in choices:
            self.addItem(word, value)

    def set_value(self, value: str) -> None:
        """Show ``value``."""
        self.setCurrentIndex(max(0, self.findData(value)))


def number_box(limits: tuple[int, int], *, step: int = 1, suffix: str = "") -> QSpinBox:
    """Return a field for a whole number; it tells of a number once that is typed."""
    made = QSpinBox()
    made.setRange(*limits)
    made.setSingleStep(step)
    made.setSuffix(suffix)
    made.setKeyboardTracking(False)
    made.setAlignment(Qt.AlignmentFlag.AlignLeft)
    made.setGroupSeparatorShown(True)
    made.lineEdit().setTextMargins(6, 0, 0, 0)
    return made


def sentence(text: str) -> QLabel:
    """Return a label for a sentence in small letters."""
    made = QLabel(text)
    mark(made, "role", "caption")
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    return made
