"""The row of numbers below the content: context, time to first token, speed, memory."""

from dataclasses import dataclass

from PySide6.QtWidgets import QLabel, QWidget

from kdedge_gui.numbers import bytes_text, count_text, rate_text, seconds_text
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.flow_layout import FlowLayout
from kdedge_gui.widgets.meter import Meter

_NEARLY_FULL = 0.9


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
        flow = FlowLayout(self, spacing=24)
        for widget in (self._context, self._ttft, self._speed, self._memory):
            flow.addWidget(widget)
        self.hide()

    @property
    def text(self) -> str:
        """All numbers as a line."""
        labels = [self._ttft, self._speed, self._memory]
        shown = [label.text() for label in labels if not label.isHidden()]
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
        self._say(self._ttft, self.tr("First token {time}"), time=_seconds_or_none(numbers.ttft_s))
        speed = None if numbers.tokens_per_s is None else rate_text(numbers.tokens_per_s)
        self._say(self._speed, "{speed}", speed=speed)
        memory = None if numbers.rss_bytes is None else bytes_text(numbers.rss_bytes)
        self._say(self._memory, self.tr("Memory {size}"), size=memory)

    def _say(self, label: QLabel, pattern: str, **values: str | None) -> None:
        known = all(value is not None for value in values.values())
        label.setVisible(known)
        if known:
            label.setText(pattern.format(**values))

    def _label(self, tip: str) -> QLabel:
        label = QLabel(self)
        mark(label, "role", "caption")
        label.setToolTip(tip)
        label.setAccessibleDescription(tip)
        label.hide()
        return label


def _seconds_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else seconds_text(seconds)
