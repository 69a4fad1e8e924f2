"""What pyqtgraph draws on: importing this module imports pyqtgraph, so only ``plotting`` does.

The wheel scrolls the page and drags do nothing: a chart shows all of its data. The pointer gets
told what it is over.
"""

from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from kdedge_gui.charts.style import ChartStyle
from kdedge_gui.numbers import number_text
from kdedge_gui.qt_override import override

if TYPE_CHECKING:
    from kdedge_gui.charts.values import NumberText

_NEAR_PIXELS = 24.0
_LABEL_SHARE = 0.36
_GROUND_OPACITY = 0.75
"""Behind labels, so that a line they stand on does not cross them out."""
_TEXT_MARGIN = 4.0
"""That a text document has around it."""

pg.setConfigOptions(antialias=True)


class TextAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose numbers are written as the rest of the app writes them."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.number_text: NumberText | None = None
        self.counts = False
        """Only whole numbers are written."""
        self.enableAutoSIPrefix(False)

    @override
    def tickSpacing(self, least: float, most: float, size: float) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = super().tickSpacing(least, most, size)
        if not self.counts:
            return found
        return [(max(1.0, round(spacing)), offset) for spacing, offset in found]

    @override
    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.number_text is not None:
            return [self.number_text(value) for value in values]
        decimals = max(0, ceil(-log10(spacing * scale) - 1e-9))
        return [number_text(value * scale, decimals=decimals) for value in values]


class Canvas(pg.PlotWidget):  # type: ignore[misc]
    """Two axes and what is drawn between them; cleared and drawn anew at each change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.x_axis, self.y_axis = TextAxis("bottom"), TextAxis("left")
        super().__init__(parent, axisItems={"bottom": self.x_axis, "left": self.y_axis})
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._told: Callable[[int], str] = str
        self._spots = np.empty((0, 2))
        self._style: ChartStyle | None = None
        self._y_label = ""

    def restyle(self, style: ChartStyle) -> None:
        """Use the colours and the font of ``style``."""
        self._style = style
        self.setBackground(style.theme.surface)
        for axis in (self.x_axis, self.y_axis):
            axis.setPen(style.axis)
            axis.setTickPen(style.grid)
            axis.setTextPen(style.theme.muted)
            axis.setTickFont(style.font)
            axis.setStyle(
                tickLength=0, tickTextOffset=max(4, style.text_height // 3), maxTickLevel=0
            )
            axis.setZValue(-1000)  # grid lines lie behind the data
            axis.setGrid(255)
            axis.label.setFont(style.font)
        self._write_y_label()

    def name_axes(self, x_label: str, y_label: str) -> None:
        """Write what the axes stand for; the words are shown as they are."""
        self.x_axis.setLabel(escape(x_label))
        self.x_axis.showLabel(bool(x_label))
        self._y_label = y_label
        self._write_y_label()

    def _write_y_label(self) -> None:
        """Write it above the axis, where it is read without turning one's head."""
        style = self._style
        if style is None:
            return
        label = self.plotItem.titleLabel
        label.item.setFont(style.font)
        colour = style.theme.muted
        self.plotItem.setTitle(
            escape(self._y_label) or None,
            color=colour,
            size=f"{style.font.pixelSize()}px",
            justify="left",
        )

    def begin(self) -> ChartStyle:
        """Take away what was drawn; return how to draw."""
        assert self._style is not None
        self.clear()
        self._told, self._spots = str, np.empty((0, 2))
        return self._style

    def add_line(self, x: Sequence[float], y: Sequence[float], *, pen: QPen) -> None:
        """Join points that may be many: of each column of pixels the ends are drawn."""
        columns = max(50, self.width() // 2)
        if len(x) > 2 * columns:
            pen = QPen(pen)
            pen.setWidthF(1.0)  # wide lines that lie upon each other take long to paint
        curve = pg.PlotCurveItem(*thinned(x, y, columns=columns), pen=pen)
        curve.setSegmentedLineMode("on")  # one polyline of many points takes half a second
        self.addItem(curve)

    def add_band(
        self, x: Sequence[float], low: Sequence[float], high: Sequence[float], *, number: int
    ) -> None:
        """Fill what lies between two lines."""
        style = self._style
        assert style is not None
        columns = max(50, self.width() // 4)
        edges = [pg.PlotCurveItem(*thinned(x, e, columns=columns)) for e in (low, high)]
        self.addItem(pg.FillBetweenItem(*edges, brush=style.band(number)))

    def add_symbols(
        self,
        x: Sequence[float],
        y: Sequence[float],
        *,
        number: int,
        most: int | None = None,
        scale: float = 1.0,
    ) -> None:
        """Draw a shape at points.

        Args:
            x: Places.
            y: Places, as many.
            number: Of the series: its colour and shape.
            most: Draw about so many of them; without it, all.
            scale: Larger or smaller than usual.
        """
        style = self._style
        assert style is not None
        step = max(1, len(x) // most) if most else 1
        outline = pg.mkPen(QColor(style.theme.surface), width=1)
        self.addItem(
            pg.ScatterPlotItem(
                x=np.asarray(x[::step], float),
                y=np.asarray(y[::step], float),
                symbol=style.symbol(number),
                size=style.symbol_size * scale,
                pen=outline,
                brush=style.colour(number),
            )
        )

    def add_whiskers(
        self,
        at: tuple[float, float],
        *,
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
    ) -> None:
        """Draw the intervals of one point: their ends along either axis."""
        assert self._style is not None
        ends: dict[str, np.ndarray] = {}
        if x is not None:
            ends |= {"left": np.array([at[0] - x[0]]), "right": np.array([x[1] - at[0]])}
        if y is not None:
            ends |= {"bottom": np.array([at[1] - y[0]]), "top": np.array([y[1] - at[1]])}
        if ends:
            place = {"x": np.array([at[0]]), "y": np.array([at[1]])}
            self.addItem(pg.ErrorBarItem(**place, **ends, pen=self._style.whisker))

    def add_bar(self, row: float, *, value: float, height: float, number: int) -> None:
        """Draw a lying bar from 0 to ``value``, its middle at ``row``."""
        style = self._style
        assert style is not None
        self.addItem(
            pg.BarGraphItem(
                x0=[0.0],
                y=[row],
                height=height,
                width=[value],
                brush=style.bar(number),
                pen=pg.mkPen(style.colour(number), width=1),
            )
        )

    def add_text(
        self, text: str, at: tuple[float, float], *, anchor: tuple[float, float] = (0, 0.5)
    ) -> "pg.TextItem":
        """Write ``text``; ``anchor`` is the part of the text that stands at the place."""
        style = self._style
        assert style is not None
        ground = QColor(style.theme.surface)
        ground.setAlphaF(_GROUND_OPACITY)
        item = pg.TextItem(color=style.theme.text, anchor=anchor, fill=ground)
        item.setFont(style.font)
        item.setPlainText(text)
        item.setZValue(-1)  # rather a name behind a point than a point behind a name
        self.addItem(item, ignoreBounds=True)
        item.setPos(*at)
        return item

    def add_label(self, text: str, corner: QPointF) -> None:
        """Write ``text`` with its upper left corner at a place in pixels."""
        at = self.getViewBox().mapSceneToView(corner)
        self.add_text(text, (at.x(), at.y()), anchor=(0, 0))

    def shortened(self, label: str) -> str:
        """Return ``label``, its middle left out where it would take too much of the width."""
        assert self._style is not None
        most = self.width() * _LABEL_SHARE
        metrics = QFontMetricsF(self._style.font)
        return metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, most)

    def text_size(self, text: str) -> QSizeF:
        """Return what ``text`` takes, in pixels."""
        assert self._style is not None
        metrics = QFontMetricsF(self._style.font)
        margin = 2 * _TEXT_MARGIN
        return QSizeF(metrics.horizontalAdvance(text) + margin, metrics.height() + margin)

    def place_of(self, x: float, y: float) -> QPointF:
        """Return where a value stands, in pixels."""
        at: QPointF = self.getViewBox().mapViewToScene(QPointF(x, y))
        return at

    def field(self) -> QRectF:
        """Return the place between the axes, in pixels."""
        field: QRectF = self.getViewBox().sceneBoundingRect()
        return field

    def set_spots(
        self, x: Sequence[float], y: Sequence[float], *, told: Callable[[int], str]
    ) -> None:
        """Let the pointer be told what it is near; ``told`` gets the number of a place."""
        self._spots = np.column_stack((np.asarray(x, float), np.asarray(y, float)))
        self._told = told

    def told_at(self, place: QPointF) -> str:
        """Return what stands near ``place`` in pixels of this widget; empty where nothing is."""
        if not len(self._spots):
            return ""
        view = self.getViewBox()
        matrix = view.childGroup.sceneTransform()
        xs = matrix.m11() * self._spots[:, 0] + matrix.m31() - place.x()
        ys = matrix.m22() * self._spots[:, 1] + matrix.m32() - place.y()
        distances = np.hypot(xs, ys)
        nearest = int(np.nanargmin(distances))
        return self._told(nearest) if distances[nearest] <= _NEAR_PIXELS else ""

    def render_into(self, painter: QPainter, target: QRectF) -> None:
        """Draw all of it with ``painter``, as vectors where that has vectors."""
        self.render(painter, target, self.viewport().rect())

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page scrolls

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        told = self.told_at(event.position())
        if told:
            QToolTip.showText(event.globalPosition().toPoint(), told, self)
        else:
            QToolTip.hideText()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    @override
    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()
        super().leaveEvent(event)


def thinned(
    x: Sequence[float], y: Sequence[float], *, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the points that show in so many columns: the lowest and the highest of each.

    Args:
        x: Places, from left to right.
        y: Values, as many.
        columns: Few points are left as they are: up to twice as many as this.
    """
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    if len(xs) <= 2 * columns:
        return xs, ys
    edges = np.linspace(0, len(xs), columns + 1).astype(int)
    kept = np.empty(2 * columns, int)
    for at, (start, end) in enumerate(pairwise(edges)):
        part = ys[start:end]
        ends = start + np.array([part.argmin(), part.argmax()])
        kept[2 * at : 2 * at + 2] = np.sort(ends)
    return xs[kept], ys[kept]
