"""A thin bar that is filled to a share, with words beside it; screen readers hear the words."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.widgets.pill import kind_colour

_BAR_HEIGHT = 6
_GAP = 8
_BAR_WIDTH = 72


class Meter(QWidget):
    """Shows a fraction of one; an unknown fraction leaves the bar empty."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._fraction: float | None = None
        self._text = ""
        self._kind = "info"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        themes.changed.connect(self._restyle)

    @property
    def fraction(self) -> float | None:
        """The share shown, 0 to 1; None when it is not known."""
        return self._fraction

    @property
    def text(self) -> str:
        """The words beside the bar."""
        return self._text

    def set(self, fraction: float | None, text: str, kind: str = "info") -> None:
        """Show a share and its words; ``kind`` colours the bar (good, warning, bad, info)."""
        self._fraction = None if fraction is None else min(1.0, max(0.0, fraction))
        changed = text != self._text
        self._text = text
        self._kind = kind
        if changed:
            self.setAccessibleDescription(text)
            self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        text = metrics.horizontalAdvance(self._text) + _GAP if self._text else 0
        return QSize(_BAR_WIDTH + text, metrics.height())

    @override
    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        text = metrics.horizontalAdvance(self._text) + _GAP if self._text else 0
        return QSize(_BAR_WIDTH // 2 + text, metrics.height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._themes.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetrics(self.font())
        text_width = metrics.horizontalAdvance(self._text) if self._text else 0
        width = self.width() - (text_width + _GAP if text_width else 0)
        top = (self.height() - _BAR_HEIGHT) / 2
        radius = _BAR_HEIGHT / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.line if theme.name != "contrast" else theme.raised))
        painter.drawRoundedRect(QRectF(0, top, width, _BAR_HEIGHT), radius, radius)
        if self._fraction:
            colour = theme.accent if self._kind == "info" else kind_colour(self._kind, theme)
            painter.setBrush(QColor(colour))
            filled = max(float(_BAR_HEIGHT), width * self._fraction)
            painter.drawRoundedRect(QRectF(0, top, filled, _BAR_HEIGHT), radius, radius)
        if text_width:
            painter.setPen(QColor(theme.text))
            area = QRectF(width + _GAP, 0, text_width + 1, self.height())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), self._text)
        painter.end()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()
