"""A short word on a state, with a symbol and a colour: never the colour alone."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kdedge_gui.qt_override import override
from kdedge_gui.theme.icons import pixmap
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.tokens import Theme, blend

SYMBOLS = {"good": "check", "warning": "warning", "bad": "cross", "info": "info", "plain": ""}
_GAP = 4
_SIDE = 8
_ABOVE = 3


def kind_colour(kind: str, theme: Theme) -> str:
    """Return the colour of ``good``, ``warning``, ``bad``, ``info`` or ``plain``."""
    colours = {"good": theme.good, "warning": theme.warning, "bad": theme.bad, "info": theme.info}
    return colours.get(kind, theme.muted)


class Pill(QWidget):
    """A rounded label: symbol, text, tint."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._text = ""
        self._kind = "plain"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        themes.changed.connect(self._restyle)

    @property
    def text(self) -> str:
        """The word shown."""
        return self._text

    @property
    def kind(self) -> str:
        """``good``, ``warning``, ``bad``, ``info`` or ``plain``."""
        return self._kind

    def set(self, text: str, kind: str = "plain") -> None:
        """Show ``text``.

        Raises:
            ValueError: ``kind`` is not good, warning, bad, info or plain.
        """
        if kind not in SYMBOLS:
            raise ValueError(f"{kind!r} is not a kind; there are {', '.join(SYMBOLS)}.")
        self._text = text
        self._kind = kind
        self.setAccessibleName(text)
        self._restyle()

    @override
    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        symbol = self._symbol_size() + _GAP if SYMBOLS[self._kind] else 0
        width = metrics.horizontalAdvance(self._text) + symbol + 2 * _SIDE
        return QSize(width, metrics.height() + 2 * _ABOVE)

    @override
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._themes.theme
        colour = kind_colour(self._kind, theme)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        border = QPen(QColor(colour if theme.name == "contrast" else "transparent"))
        painter.setPen(border if theme.name == "contrast" else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(blend(colour, theme.surface, share=0.13)))
        radius = self.height() / 2
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        left = _SIDE
        symbol = SYMBOLS[self._kind]
        if symbol:
            size = self._symbol_size()
            top = (self.height() - size) // 2
            ratio = self.devicePixelRatioF()
            painter.drawPixmap(left, top, pixmap(symbol, colour, size=size, ratio=ratio))
            left += size + _GAP
        painter.setPen(QColor(colour))
        area = self.rect().adjusted(left, 0, -_SIDE, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), self._text)
        painter.end()

    def _symbol_size(self) -> int:
        return QFontMetrics(self.font()).ascent()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()
