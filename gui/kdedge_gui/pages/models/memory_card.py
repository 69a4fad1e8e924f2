"""The card of a model's memory: forecast for a context, and what was measured."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from kdedge.core.errors import KdedgeError
from kdedge.models.footprint import Footprint
from kdedge_gui.numbers import count_text
from kdedge_gui.pages.models.forecast import (
    MOST_SEQUENCES,
    USUAL_TOKENS,
    ContextWanted,
    context_steps,
    step_near,
)
from kdedge_gui.pages.models.measured import Measured
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card
from kdedge_gui.widgets.fit_bar import FitBar

_SLIDER_HEIGHT = 24
"""The handle is higher than Qt's own hint says."""


class MemoryCard(Card):
    """Shows forecasts; ``wanted_changed`` asks for another."""

    wanted_changed = Signal(object)
    """A ``ContextWanted``."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Memory"))
        self._steps: tuple[int, ...] = context_steps(None)
        self.bar = FitBar(themes, self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setPageStep(1)
        self._slider.setMinimumHeight(_SLIDER_HEIGHT)
        self._slider.setAccessibleName(self.tr("Context in tokens"))
        self._tokens = QLabel(self)
        self._sequences = QSpinBox(self)
        self._sequences.setRange(1, MOST_SEQUENCES)
        self._sequences.setAccessibleName(self.tr("Sequences side by side"))
        self._sequences.setToolTip(
            self.tr("Completions at once, each with a context of its own; a benchmark uses 16")
        )
        self._measured_text = QLabel(self)
        self._measured_text.setWordWrap(True)
        mark(self._measured_text, "role", "caption")
        self._measured = QGridLayout()
        self._measured.setHorizontalSpacing(16)
        self._measured.setVerticalSpacing(4)
        self._lay_out()
        self.set_context_length(None, wanted_tokens=USUAL_TOKENS)
        self._slider.valueChanged.connect(self._say_changed)
        self._sequences.valueChanged.connect(self._say_changed)

    @property
    def wanted(self) -> ContextWanted:
        """The context chosen."""
        return ContextWanted(
            context_tokens=self._steps[self._slider.value()],
            n_sequences=self._sequences.value(),
        )

    @property
    def measured_text(self) -> str:
        """What is said of the measurement."""
        return self._measured_text.text()

    def set_context_length(self, context_length: int | None, *, wanted_tokens: int) -> None:
        """Offer contexts up to ``context_length``; choose the one next to ``wanted_tokens``."""
        self._steps = context_steps(context_length)
        blocked = self._slider.blockSignals(True)
        self._slider.setRange(0, len(self._steps) - 1)
        self._slider.setValue(step_near(self._steps, wanted_tokens))
        self._slider.blockSignals(blocked)
        self._show_tokens()

    def set_wanted(self, context_tokens: int, *, n_sequences: int) -> None:
        """Choose the context next to ``context_tokens``, for so many sequences."""
        self._slider.setValue(step_near(self._steps, context_tokens))
        self._sequences.setValue(n_sequences)

    def show_forecast(self, found: Footprint | KdedgeError) -> None:
        """Show a forecast, or why there is none."""
        if isinstance(found, Footprint):
            self.bar.show_footprint(found)
        else:
            self.bar.show_reason(f"{found.problem} {found.hint}")

    def forget_measured(self) -> None:
        """Show nothing of what was measured."""
        self._measured_text.clear()
        while (item := self._measured.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def show_measured(self, measured: Measured | None) -> None:
        """Show what a profile measured; without one, say how to get it."""
        self.forget_measured()
        if measured is None:
            self._measured_text.setText(
                self.tr("Not measured yet: a profile compares this forecast with what it takes.")
            )
            return
        self._measured_text.setText(measured.sentence)
        heads = ("", self.tr("predicted"), self.tr("measured"), self.tr("difference"))
        for column, head in enumerate(heads):
            self._measured.addWidget(_cell(head, self, is_head=True), 0, column)
        for at, row in enumerate(measured.rows, start=1):
            texts = (row.title, row.predicted, row.measured, row.difference)
            for column, text in enumerate(texts):
                cell = _cell(text, self, is_head=column == 0)
                cell.setToolTip(row.tip)
                cell.setAccessibleName(f"{row.title}, {heads[column]} {text}" if column else text)
                self._measured.addWidget(cell, at, column)

    def _say_changed(self) -> None:
        self._show_tokens()
        self.wanted_changed.emit(self.wanted)

    def _show_tokens(self) -> None:
        tokens = count_text(self._steps[self._slider.value()])
        text = self.tr("{n} tokens").format(n=tokens)
        self._tokens.setText(text)
        self._slider.setAccessibleDescription(text)

    def _lay_out(self) -> None:
        context = QLabel(self.tr("Conte&xt"), self)
        context.setBuddy(self._slider)
        sequences = QLabel(self.tr("Se&quences"), self)
        sequences.setBuddy(self._sequences)
        self._sequences.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        choice = QGridLayout()
        choice.setHorizontalSpacing(16)
        choice.setVerticalSpacing(8)
        choice.setColumnStretch(1, 1)
        choice.addWidget(context, 0, 0)
        choice.addWidget(self._slider, 0, 1)
        choice.addWidget(self._tokens, 0, 2)
        choice.addWidget(sequences, 1, 0)
        choice.addWidget(self._sequences, 1, 1, Qt.AlignmentFlag.AlignLeft)
        table = QHBoxLayout()
        table.addLayout(self._measured)
        table.addStretch(1)
        self.content.addWidget(self.bar)
        self.content.addSpacing(8)
        self.content.addLayout(choice)
        self.content.addSpacing(8)
        self.content.addWidget(self._measured_text)
        self.content.addLayout(table)


def _cell(text: str, parent: QWidget, *, is_head: bool) -> QLabel:
    label = QLabel(text, parent)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft if is_head else Qt.AlignmentFlag.AlignRight)
    if is_head:
        label.setWordWrap(True)
        mark(label, "role", "caption")
    return label
