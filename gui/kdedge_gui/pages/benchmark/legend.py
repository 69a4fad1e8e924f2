"""What the signs of the grid mean, how many there are, and a way to see only some of them."""

from collections import Counter

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QButtonGroup, QToolButton, QWidget

from kdedge_gui.numbers import count_text
from kdedge_gui.pages.benchmark.cells import kinds_in_order, verdict_sign, verdict_words
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.widgets.flow_layout import FlowLayout
from kdedge_gui.widgets.problem_cell import paint_cell

_ALL = ""


class Legend(QWidget):
    """One button for each kind that occurs; a pressed one filters."""

    chosen = Signal(object)
    """A frozenset of kinds, or ``None`` for all."""

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._flow = FlowLayout(self, spacing=4)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        self._counts: Counter[str] = Counter()
        self._add(_ALL)
        self._buttons[_ALL].setChecked(True)
        themes.changed.connect(self._restyle)

    @property
    def filter(self) -> str:
        """The kind that is shown alone; empty when all are."""
        return next((kind for kind, button in self._buttons.items() if button.isChecked()), _ALL)

    @property
    def texts(self) -> list[str]:
        """What the buttons say."""
        return [button.text() for button in self._buttons.values() if not button.isHidden()]

    def show_counts(self, counts: Counter[str]) -> None:
        """Show how many problems are of each kind; kinds without one are left out."""
        self._counts = counts
        for kind in kinds_in_order():
            if counts[kind] and kind not in self._buttons:
                self._add(kind)
        for kind, button in self._buttons.items():
            n = counts.total() if kind == _ALL else counts[kind]
            words = self.tr("all") if kind == _ALL else verdict_words(kind)
            button.setText(f" {words} {count_text(n)}")
            button.setVisible(kind == _ALL or n > 0)
        if self._buttons[self.filter].isHidden():
            self.choose(_ALL)

    def choose(self, kind: str) -> None:
        """Show only ``kind``; an empty text shows all."""
        button = self._buttons.get(kind)
        if button is not None and not button.isChecked():
            button.setChecked(True)
            self._tell(kind)

    def _add(self, kind: str) -> None:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        mark(button, "kind", "quiet")
        button.clicked.connect(lambda: self._tell(kind))
        self._group.addButton(button)
        self._buttons[kind] = button
        self._flow.addWidget(button)
        self._draw(kind)

    def _tell(self, kind: str) -> None:
        self.chosen.emit(None if kind == _ALL else frozenset({kind}))

    def _draw(self, kind: str) -> None:
        side = self.fontMetrics().height() + 4
        self._buttons[kind].setMinimumHeight(side + 14)
        if kind == _ALL:
            return
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(side, side) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        area = QRectF(0, 0, side, side)
        paint_cell(painter, area, kind, verdict_sign(kind), None, self._themes.theme)
        painter.end()
        button = self._buttons[kind]
        button.setIconSize(QSize(side, side))
        button.setIcon(QIcon(picture))

    def _restyle(self) -> None:
        for kind in self._buttons:
            self._draw(kind)
