"""The card of the Pareto front: two axes to choose, the chart, and what it shows in a sentence."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from kdedge_gui.charts import ScatterChart
from kdedge_gui.pages.compare.choice import DEFAULT_AXES
from kdedge_gui.pages.compare.front_points import (
    AxisLook,
    axes_measured,
    axes_missing,
    picture_of,
)
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.card import Card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kdedge.report.facts import Row

_CHART_LINES = 18


class FrontCard(Card):
    """Shows which models none beats on both chosen axes."""

    axes_changed = Signal(tuple)
    """The names of both axes, the one across first."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__("", themes, parent)
        self.set_title(self.tr("Pareto front"))
        self._rows: Sequence[Row] = ()
        self._looks: tuple[AxisLook, ...] = ()
        self._axes = DEFAULT_AXES
        self.across = self._chooser(self.tr("Axis from left to right"))
        self.up = self._chooser(self.tr("Axis from bottom to top"))
        self.chart = ScatterChart(themes, title=self.tr("What each model reaches"))
        self._sentence = _text(self)
        self._missing = _text(self, "caption")
        chooser = QHBoxLayout()
        chooser.setSpacing(8)
        for words, box in ((self.tr("&Across"), self.across), (self.tr("&Up"), self.up)):
            label = QLabel(words, self)
            label.setBuddy(box)
            chooser.addWidget(label)
            chooser.addWidget(box)
        chooser.addStretch(1)
        self.content.addLayout(chooser)
        self.content.addWidget(self.chart, 1)
        self.content.addWidget(self._sentence)
        self.content.addWidget(self._missing)
        themes.changed.connect(self._fit_chart)
        self._fit_chart()

    @property
    def axes(self) -> tuple[str, str]:
        """The names of the axes shown, the one across first."""
        return self._axes

    def show_rows(self, rows: "Sequence[Row]") -> bool:
        """Show ``rows``; return whether there are two axes to show them on."""
        self._rows = rows
        self._looks = axes_measured(rows)
        if len(self._looks) < 2:
            return False
        for box in (self.across, self.up):
            box.clear()
            for look in self._looks:
                box.addItem(look.title, look.name)
        self._axes = self._wanted_axes()
        self._point_at_axes()
        missing = axes_missing(rows)
        self._missing.setText(" ".join(missing))
        self._missing.setVisible(bool(missing))
        self._draw()
        return True

    def choose_axes(self, across: str, up: str) -> None:
        """Show these axes, if both were measured."""
        if across != up and {across, up} <= {look.name for look in self._looks}:
            self._axes = (across, up)
            self._point_at_axes()
            self._draw()
            self.axes_changed.emit(self._axes)

    def _wanted_axes(self) -> tuple[str, str]:
        """Return the axes shown so far, or else the usual ones, or else the first two."""
        names = [look.name for look in self._looks]
        for pair in (self._axes, DEFAULT_AXES):
            if set(pair) <= set(names):
                return pair
        usual = [name for name in DEFAULT_AXES if name in names]
        others = [name for name in names if name not in usual]
        across, up = (usual + others)[:2]
        return across, up

    def _chooser(self, name: str) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.activated.connect(self._on_activated)
        return box

    def _on_activated(self) -> None:
        across, up = str(self.across.currentData()), str(self.up.currentData())
        if across == up:  # the other axis takes the place of the one that moved
            across, up = self._axes[1], self._axes[0]
        self.choose_axes(across, up)

    def _point_at_axes(self) -> None:
        for box, name in zip((self.across, self.up), self._axes, strict=True):
            box.setCurrentIndex(box.findData(name))

    def _draw(self) -> None:
        looks = {look.name: look for look in self._looks}
        x, y = (looks[name] for name in self._axes)
        picture = picture_of(self._rows, x=x, y=y)
        self.chart.set_title(self.tr("{up} against {across}").format(up=y.title, across=x.title))
        self.chart.set_labels(picture.x_label, picture.y_label)
        self.chart.set_points(picture.points)
        self.chart.set_front(picture.front)
        self.chart.set_empty_text(self.tr("No model has a number on both of these axes."))
        self._sentence.setText(picture.sentence)
        self._sentence.setVisible(bool(picture.sentence))

    def _fit_chart(self) -> None:
        self.chart.setMinimumHeight(self.fontMetrics().lineSpacing() * _CHART_LINES)


def _text(parent: QWidget, role: str = "") -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    if role:
        mark(label, "role", role)
    return label
