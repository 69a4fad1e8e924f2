"""A comparison, shown: advice, differences, the front, problems won and lost."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
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
    from kdedge.report.compare import Comparison
    from kdedge_gui.pages.compare.work import Findings

_WIDE_LETTERS = 150
"""From this width on, the front stands beside the differences."""


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
        self._differences = Card("", themes, inside)
        self._differences.set_title(self.tr("Differences"))
        self._baseline = QComboBox(inside)
        self._baseline.setAccessibleName(self.tr("Baseline"))
        self._baseline.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._baseline.activated.connect(self.choose_baseline)
        label = QLabel(self.tr("&Baseline"), inside)
        label.setBuddy(self._baseline)
        self._differences.add_header_widget(label)
        self._differences.add_header_widget(self._baseline)
        self.table = DifferenceTable(themes, inside)
        self._verdicts = text_label(inside)
        self._caveats = text_label(inside, "caption")
        for widget in (self.table, self._verdicts, self._caveats):
            self._differences.content.addWidget(widget)
        self._differences.content.addStretch(1)
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
        for card in (self.flags, self.advice, self.problems):
            card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._has_front = True
        self._is_wide: bool | None = None
        self.setWidget(inside)
        self._arrange()

    def show_findings(self, findings: "Findings") -> None:
        """Show ``findings`` in place of what was shown."""
        from kdedge.report.comparison_text import caveats, flags, verdict_text

        comparison = findings.comparison
        self.flags.set_flags(flags(comparison))
        self.advice.show_advice(findings.advice)
        self.table.show_differences(differences_of(comparison))
        self._verdicts.setText("\n".join(verdict_text(pair) for pair in comparison.pairs))
        self._caveats.setText("\n".join(caveats(comparison)))
        self._offer_baselines(comparison)
        self._has_front = self.front.show_rows(comparison.rows)
        self.front.setVisible(self._has_front)
        self.problems.show_matrices([matrix_of(grid, comparison) for grid in findings.grids])
        self.problems.setVisible(bool(findings.grids))
        self._is_wide = None
        self._arrange()
        self.verticalScrollBar().setValue(0)

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
        wide = self.viewport().width() > self.fontMetrics().averageCharWidth() * _WIDE_LETTERS
        wide = wide and self._has_front
        if wide == self._is_wide:
            return
        self._is_wide = wide
        self._middle.removeWidget(self._differences)
        self._middle.removeWidget(self.front)
        self._middle.addWidget(self._differences, 0, 0)
        self._middle.addWidget(self.front, *((0, 1) if wide else (1, 0)))
        for column in (0, 1):
            self._middle.setColumnStretch(column, 1 if wide or column == 0 else 0)
