"""The row of numbers below the content: context, time to first token, speed, memory."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from kdedge_gui.numbers import bytes_text, count_text, rate_text, seconds_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.meter import Meter

_NEARLY_FULL = 0.9
_GAP = 24
_FIELD = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNumbers:
    """What is known now; ``None`` is not shown."""

    context_used_tokens: int = 0
    context_tokens: int = 0
    ttft_s: float | None = None
    tokens_per_s: float | None = None
    rss_bytes: int | None = None


class LiveRow(QWidget):
    """Hidden until a model is loaded."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = Meter(themes, self)
        self._context.setAccessibleName(self.tr("Context"))
        self._context.setToolTip(
            self.tr("Tokens the model sees now, of those it has room for: questions and answers.")
        )
        self._ttft = self._label(self.tr("From the question to the first token (TTFT)"))
        self._speed = self._label(self.tr("Tokens generated a second, after the first"))
        self._memory = self._label(self.tr("Memory of the process that runs the model"))
        self._context.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_GAP)
        for widget in (self._context, self._ttft, self._speed, self._memory):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._known: list[QLabel] = []
        themes.changed.connect(self._fit)
        self.hide()

    @property
    def text(self) -> str:
        """All numbers as a line."""
        shown = [label.text() for label in self._known]
        return " · ".join([self._context.text, *shown])

    def show_numbers(self, numbers: LiveNumbers | None) -> None:
        """Show ``numbers``; none hides the row."""
        self.setVisible(numbers is not None)
        if numbers is None:
            return
        fraction = numbers.context_used_tokens / max(1, numbers.context_tokens)
        text = self.tr("{used} of {all} tokens").format(
            used=count_text(numbers.context_used_tokens), all=count_text(numbers.context_tokens)
        )
        self._context.set(fraction, text, "warning" if fraction > _NEARLY_FULL else "info")
        self._known = []
        self._say(self._ttft, self.tr("First token {time}"), numbers.ttft_s, shown=seconds_text)
        self._say(self._speed, "{speed}", numbers.tokens_per_s, shown=rate_text)
        self._say(self._memory, self.tr("Memory {size}"), numbers.rss_bytes, shown=bytes_text)
        self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _say(
        self, label: QLabel, pattern: str, value: float | None, *, shown: Callable[[float], str]
    ) -> None:
        if value is not None:
            label.setText(_FIELD.sub(shown(value), pattern))
            self._known.append(label)

    def _fit(self) -> None:
        """Show what is known and fits, the first before the last."""
        room = self.width() - self._context.sizeHint().width()
        for label in (self._ttft, self._speed, self._memory):
            room -= label.sizeHint().width() + _GAP
            label.setVisible(label in self._known and room >= 0)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self._context.sizeHint().width(), super().minimumSizeHint().height())

    def _label(self, tip: str) -> QLabel:
        label = QLabel(self)
        label.setToolTip(tip)
        label.setAccessibleDescription(tip)
        label.hide()
        return label
