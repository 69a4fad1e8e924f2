"""Names of series with their colour and shape, in as many lines as the width asks for."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kdedge_gui.charts.style import ChartStyle
from kdedge_gui.qt_override import override

_GAP = 8.0
_BETWEEN = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendEntry:
    """One name."""

    name: str
    number: int
    """Of the series: decides colour and shape."""
    kind: str
    """``line``, ``points`` or ``bar``."""


class Legend(QWidget):
    """Paints entries; hidden while there are none."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._entries: tuple[LegendEntry, ...] = ()
        self._style: ChartStyle | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def set_entries(self, entries: tuple[LegendEntry, ...], style: ChartStyle) -> None:
        """Show ``entries``."""
        self._style = style
        if entries != self._entries:
            self._entries = entries
            self.setVisible(bool(entries))
            self.setAccessibleName(", ".join(entry.name for entry in entries))
        self.updateGeometry()
        self.update()

    @property
    def names(self) -> list[str]:
        """The names shown."""
        return [entry.name for entry in self._entries]

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        return round(self.lines_height(float(width)))

    @override
    def sizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(max(120, self.width())))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_into(painter, QRectF(self.rect()))
        painter.end()

    def lines_height(self, width: float) -> float:
        """Return the height that all entries take in ``width``."""
        if self._style is None or not self._entries:
            return 0.0
        return (self._places(width)[-1].y() + 1) * self._line_height()

    def paint_into(self, painter: QPainter, area: QRectF) -> None:
        """Draw the entries at the top of ``area``."""
        style = self._style
        if style is None:
            return
        painter.setFont(style.font)
        metrics = QFontMetricsF(style.font)
        line = self._line_height()
        for entry, place in zip(self._entries, self._places(area.width()), strict=True):
            left, top = area.left() + place.x(), area.top() + place.y() * line
            self._paint_mark(painter, entry, QRectF(left, top, self._mark_width(), line))
            painter.setPen(QColor(style.theme.text))
            room = QRectF(left + self._mark_width() + _GAP, top, area.width(), line)
            name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, area.width() * 0.9)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)

    def _places(self, width: float) -> list[QPointF]:
        """Return (x in pixels, number of the line) of each entry."""
        assert self._style is not None
        metrics = QFontMetricsF(self._style.font)
        places, x, line = [], 0.0, 0
        for entry in self._entries:
            needed = self._mark_width() + _GAP + metrics.horizontalAdvance(entry.name)
            if x and x + needed > width:
                x, line = 0.0, line + 1
            places.append(QPointF(x, line))
            x += needed + _BETWEEN
        return places

    def _paint_mark(self, painter: QPainter, entry: LegendEntry, area: QRectF) -> None:
        style = self._style
        assert style is not None
        middle = area.center()
        if entry.kind == "bar":
            side = style.text_height * 0.75
            box = QRectF(area.left(), middle.y() - side / 2, area.width(), side)
            painter.setPen(style.colour(entry.number))
            painter.setBrush(style.bar(entry.number))
            painter.drawRect(box)
            return
        if entry.kind == "line":
            painter.setPen(style.line(entry.number))
            painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
        painter.save()
        painter.translate(middle)
        painter.scale(style.symbol_size, style.symbol_size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colour(entry.number))
        painter.drawPath(style.symbol(entry.number))
        painter.restore()

    def _mark_width(self) -> float:
        assert self._style is not None
        return self._style.text_height * 1.5

    def _line_height(self) -> float:
        assert self._style is not None
        return self._style.text_height * 1.35
