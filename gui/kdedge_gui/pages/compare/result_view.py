"""A comparison, shown: advice, differences, the front, problems won and lost."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kdedge_gui.pages.compare.advice_card import AdviceCard, text_label
from kdedge_gui.pages.compare.difference_lines import differences_of
from kdedge_gui.pages.compare.difference_table import DifferenceTable
from kdedge_gui.pages.compare.flag_strip import FlagStrip
from kdedge_gui.pages.compare.front_card import FrontCard
from kdedge_gui.pages.compare.problem_matrix import matrix_of
from kdedge_gui.pages.compare.problems_card import ProblemsCard
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card

if TYPE_CHECKING:
    from collections.abc import Callable

    from kdedge.report.compare import Comparison
    from kdedge_gui.pages.compare.work import Findings

_MARGINS = 2 * 16 + 2
"""Of a card, left and right."""


class ResultView(QScrollArea):
    """Shows ``Findings``; the newest in place of the last."""

    baseline_wanted = Signal(tuple)
    """The run ids of the model that is to be the baseline."""
    problem_opened = Signal(str, str)
    """Run id and problem."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        inside = QWidget(self)
        mark(inside, "role", "page")
        self.flags = FlagStrip(themes, inside)
        self.advice = AdviceCard(themes, inside)
        self.table = DifferenceTable(themes, inside)
        self._verdicts = text_label(inside)
        self._caveats = text_label(inside, "caption")
        self._baseline = QComboBox(inside)
        self._differences = self._difference_card(themes, inside)
        self.front = FrontCard(themes, inside)
        self.problems = ProblemsCard(themes, inside)
        self.problems.opened.connect(self.problem_opened)
        self._middle = QGridLayout()
        self._middle.setSpacing(16)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self.flags)
        column.addWidget(self.advice)
        column.addLayout(self._middle)
        column.addWidget(self.problems)
        column.addStretch(1)
        self._steps: list[Callable[[], None]] = []
        self._next = QTimer(self)
        self._next.setInterval(0)
        self._next.timeout.connect(self._take_step)
        self.has_front = True
        """Whether there are two axes to show the models on."""
        self._is_wide: bool | None = None
        self.setWidget(inside)
        self._arrange()

    def _difference_card(self, themes: ThemeManager, parent: QWidget) -> Card:
        card = Card(self.tr("Differences"), themes, parent)
        self._baseline.setAccessibleName(self.tr("Baseline"))
        self._baseline.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._baseline.activated.connect(self.choose_baseline)
        label = QLabel(self.tr("&Baseline"), parent)
        label.setBuddy(self._baseline)
        card.add_header_widget(label)
        card.add_header_widget(self._baseline)
        for widget in (self.table, self._verdicts, self._caveats):
            card.content.addWidget(widget)
        card.content.addStretch(1)
        return card

    def show_findings(self, findings: "Findings") -> None:
        """Show ``findings`` in place of what was shown; pictures follow in steps of their own."""
        from kdedge.report.comparison_text import caveats, flags, verdict_text

        comparison = findings.comparison
        self.flags.set_flags(flags(comparison))
        self.advice.show_advice(findings.advice)
        self.table.show_differences(differences_of(comparison))
        self._verdicts.setText("\n".join(verdict_text(pair) for pair in comparison.pairs))
        self._caveats.setText("\n".join(caveats(comparison)))
        self._offer_baselines(comparison)
        self.has_front = self.front.show_rows(comparison.rows)
        self.front.setVisible(False)
        self.problems.setVisible(False)
        self._is_wide = None
        self._arrange()
        self.verticalScrollBar().setValue(0)
        self._steps = [self._show_front, partial(self._show_problems, findings)]
        self._next.start()

    def finish(self) -> None:
        """Take the steps that are left at once; for pictures and tests."""
        while self._steps:
            self._take_step()

    def stop(self) -> None:
        """Take no step any more."""
        self._steps = []
        self._next.stop()

    def _take_step(self) -> None:
        if self._steps:
            self._steps.pop(0)()
        if not self._steps:
            self._next.stop()

    def _show_front(self) -> None:
        self.front.setVisible(self.has_front)

    def _show_problems(self, findings: "Findings") -> None:
        comparison = findings.comparison
        self.problems.show_matrices([matrix_of(grid, comparison) for grid in findings.grids])
        self.problems.setVisible(bool(findings.grids))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _offer_baselines(self, comparison: "Comparison") -> None:
        self._baseline.clear()
        for row in comparison.rows:
            self._baseline.addItem(row.label, row.runs)
        self._baseline.setCurrentIndex(0)

    @property
    def baseline(self) -> str:
        """The model that the others are compared with."""
        return self._baseline.itemText(0)

    def choose_baseline(self, place: int) -> None:
        """Ask for the model at ``place`` as the baseline; 0 is the one there is."""
        if place > 0:
            self.baseline_wanted.emit(tuple(self._baseline.itemData(place)))

    def _arrange(self) -> None:
        """Put the front beside the differences where there is room, else below them."""
        front = self.front.minimumSizeHint().width()
        table = self.table.needed_width() + _MARGINS
        room = self.viewport().width() - self._middle.spacing()
        wide = self.has_front and table + front <= room
        self._middle.setColumnMinimumWidth(0, table if wide else 0)
        if wide == self._is_wide:
            return
        self._is_wide = wide
        self._middle.removeWidget(self._differences)
        self._middle.removeWidget(self.front)
        self._middle.addWidget(self._differences, 0, 0)
        self._middle.addWidget(self.front, *((0, 1) if wide else (1, 0)))
        for column in (0, 1):
            self._middle.setColumnStretch(column, 1 if wide or column == 0 else 0)
