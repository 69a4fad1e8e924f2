"""Colours, shapes and lengths of charts, made from the theme and the text size.

A series is told by its colour and by its shape, so that neither is needed alone.
"""

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainterPath, QPen, QPolygonF

from kdedge_gui.theme.tokens import Theme, blend

SYMBOLS = ("circle", "square", "triangle", "diamond", "cross", "star")
"""Shapes, one for each colour of a theme."""
PATTERNS = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense4Pattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.DiagCrossPattern,
)
_BAND_OPACITY = 0.18
_GRID_SHARE, _GRID_SHARE_CONTRAST = 0.55, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartStyle:
    """How a chart looks now."""

    theme: Theme
    font: QFont
    """Of numbers at the axes and of labels."""
    text_height: int
    """A line of text, in pixels."""

    def colour(self, number: int) -> QColor:
        """Return the colour of series ``number``; after six they begin anew."""
        return QColor(self.theme.series[number % len(self.theme.series)])

    def symbol(self, number: int) -> QPainterPath:
        """Return the shape of series ``number``, one wide and centred at 0."""
        return symbol_path(SYMBOLS[number % len(SYMBOLS)])

    def line(self, number: int) -> QPen:
        """Return the pen of series ``number``."""
        pen = QPen(self.colour(number), self.line_width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
        return pen

    def band(self, number: int) -> QBrush:
        """Return what an interval of series ``number`` is filled with."""
        colour = self.colour(number)
        colour.setAlphaF(_BAND_OPACITY)
        return QBrush(colour)

    def bar(self, number: int) -> QBrush:
        """Return what a bar of series ``number`` is filled with."""
        return QBrush(self.colour(number), PATTERNS[number % len(PATTERNS)])

    @property
    def line_width(self) -> float:
        """Two pixels; three where contrast is wanted."""
        return 3.0 if self.theme.name == "contrast" else 2.0

    @property
    def symbol_size(self) -> float:
        """Grows with the text."""
        return max(7.0, self.text_height * 0.55)

    @property
    def whisker(self) -> QPen:
        """The pen of intervals that are drawn as whiskers."""
        pen = QPen(QColor(self.theme.text), 1.5)
        pen.setCosmetic(True)
        return pen

    @property
    def front(self) -> QPen:
        """The pen of a front line."""
        pen = QPen(QColor(self.theme.muted), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        return pen

    @property
    def axis(self) -> QPen:
        """The pen of axes."""
        return QPen(QColor(self.theme.line), 1)

    @property
    def grid(self) -> QPen:
        """The pen of the lines behind the data."""
        share = _GRID_SHARE_CONTRAST if self.theme.name == "contrast" else _GRID_SHARE
        return QPen(QColor(blend(self.theme.line, self.theme.surface, share=share)), 1)


@cache
def symbol_path(name: str) -> QPainterPath:
    """Return a shape, one wide and centred at 0; always the same object."""
    path = QPainterPath()
    if name == "circle":
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    elif name == "square":
        path.addRect(-0.45, -0.45, 0.9, 0.9)
    else:
        path.addPolygon(QPolygonF([QPointF(x / 2, y / 2) for x, y in _OUTLINES[name]]))
        path.closeSubpath()
    return path


_T = 0.36
_OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "triangle": ((-1, 0.8), (1, 0.8), (0, -1)),
    "diamond": ((0, -1.1), (0.85, 0), (0, 1.1), (-0.85, 0)),
    "cross": (
        (-1, -1 + _T), (-1 + _T, -1), (0, -_T), (1 - _T, -1), (1, -1 + _T), (_T, 0),
        (1, 1 - _T), (1 - _T, 1), (0, _T), (-1 + _T, 1), (-1, 1 - _T), (-_T, 0),
    ),
    "star": (
        (0, -1.1), (0.29, -0.36), (1.05, -0.34), (0.45, 0.14), (0.65, 0.89),
        (0, 0.46), (-0.65, 0.89), (-0.45, 0.14), (-1.05, -0.34), (-0.29, -0.36),
    ),
}  # fmt: skip
