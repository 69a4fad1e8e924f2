"""A bar that shows what a model will take of the memory that is free, part by part."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from kdedge.models.footprint import Footprint
from kdedge_gui.numbers import bytes_text
from kdedge_gui.qt_override import override
from kdedge_gui.theme.manager import ThemeManager
from kdedge_gui.theme.style_sheet import mark
from kdedge_gui.theme.tokens import Theme
from kdedge_gui.widgets.pill import Pill

_GAP = 8
_HAIRLINE = 2
"""Between two parts; also the least width of one, so that none vanishes."""
_KINDS = {"fits": "good", "tight": "warning", "short": "bad"}


class FitBar(QWidget):
    """Weights, KV cache, compute and the rest, against what is free; the verdict in words."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._footprint: Footprint | None = None
        self._pill = Pill(themes)
        self._headline = QLabel()
        self._headline.setWordWrap(True)
        self._bar = _Bar(themes)
        self._legend = QLabel()
        self._legend.setWordWrap(True)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        mark(self._legend, "role", "caption")
        top = QHBoxLayout()
        top.setSpacing(_GAP)
        top.addWidget(self._pill, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._headline, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        layout.addLayout(top)
        layout.addWidget(self._bar)
        layout.addWidget(self._legend)
        themes.changed.connect(self._repaint)

    def show_footprint(self, footprint: Footprint) -> None:
        """Show ``footprint``."""
        self._footprint = footprint
        self._pill.setVisible(True)
        self._bar.setVisible(True)
        self._legend.setVisible(True)
        self._pill.set(self._verdict(footprint), kind=_KINDS[footprint.fit])
        self._headline.setText(self._sentence(footprint))
        self._bar.set_parts(
            [size for _, size in self._parts(footprint)], available=footprint.available_bytes
        )
        self._repaint()
        self.setAccessibleName(self.tr("Memory forecast"))
        self.setAccessibleDescription(self.spoken())
        self._bar.setAccessibleName(self.spoken())

    def show_reason(self, reason: str) -> None:
        """Show no forecast, but why there is none."""
        self._footprint = None
        for hidden in (self._pill, self._bar, self._legend):
            hidden.setVisible(False)
        self._headline.setText(reason)
        self.setAccessibleDescription(reason)

    def spoken(self) -> str:
        """Return all that the bar shows as a text."""
        footprint = self._footprint
        if footprint is None:
            return self._headline.text()
        parts = ", ".join(f"{name} {bytes_text(size)}" for name, size in self._parts(footprint))
        return f"{self._verdict(footprint)}. {self._sentence(footprint)} {parts}."

    def _parts(self, footprint: Footprint) -> list[tuple[str, int]]:
        return [
            (self.tr("weights"), footprint.weights_bytes),
            (self.tr("KV cache"), footprint.kv_cache_bytes),
            (self.tr("compute"), footprint.compute_bytes + footprint.output_bytes),
            (self.tr("program"), footprint.base_bytes),
        ]

    def _verdict(self, footprint: Footprint) -> str:
        if footprint.fit == "short":
            return self.tr("Will not fit")
        return self.tr("Tight") if footprint.fit == "tight" else self.tr("Fits")

    def _sentence(self, footprint: Footprint) -> str:
        needs = bytes_text(footprint.needs_bytes)
        free = bytes_text(footprint.available_bytes)
        if footprint.fit == "short":
            return self.tr("Short by {missing}: it needs {needs}, and {free} are free.").format(
                missing=bytes_text(footprint.short_by_bytes), needs=needs, free=free
            )
        if footprint.fit == "tight":
            return self.tr(
                "It needs {needs} of {free} that are free. Close other programs first."
            ).format(needs=needs, free=free)
        return self.tr("It needs {needs} of {free} that are free.").format(needs=needs, free=free)

    def _repaint(self) -> None:
        self._bar.update()
        if self._footprint is None:
            return
        colours = part_colours(self._themes.theme)
        entries = [
            f'<span style="color:{colour}">\u25a0</span>\u00a0'
            f"{name.replace(' ', chr(0xA0))}\u00a0{bytes_text(size)}"
            for colour, (name, size) in zip(colours, self._parts(self._footprint), strict=True)
        ]
        # The gap stands before the break, so that no line begins with it.
        self._legend.setText("&nbsp;&nbsp; ".join(entries))


def part_colours(theme: Theme) -> tuple[str, ...]:
    """Return the colours of weights, KV cache, compute and program, in this order."""
    return theme.series[0], theme.series[1], theme.series[2], theme.series[5]


class _Bar(QWidget):
    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._sizes: list[int] = []
        self._available = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_parts(self, sizes: list[int], *, available: int) -> None:
        self._sizes, self._available = sizes, max(1, available)
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(240, round(self.fontMetrics().height() * 1.1))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._themes.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = min(6.0, area.height() / 2)
        shape = QPainterPath()
        shape.addRoundedRect(area, radius, radius)
        painter.fillPath(shape, QColor(theme.raised))
        painter.setClipPath(shape)
        per_byte = area.width() / max(sum(self._sizes), self._available)
        at = area.left()
        for colour, size in zip(part_colours(theme), self._sizes, strict=False):
            width = max(float(_HAIRLINE), size * per_byte) if size else 0.0
            inner = max(float(_HAIRLINE), width - _HAIRLINE)
            painter.fillRect(QRectF(at, area.top(), inner, area.height()), QColor(colour))
            at += width
        if sum(self._sizes) > self._available:
            self._paint_limit(painter, area, at=area.left() + self._available * per_byte)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawPath(shape)

    def _paint_limit(self, painter: QPainter, area: QRectF, *, at: float) -> None:
        """Hatch what is too much, from where the free memory ends."""
        theme = self._themes.theme
        beyond = QRectF(at, area.top(), area.right() - at, area.height())
        veil = QColor(theme.surface)
        veil.setAlphaF(0.55)
        painter.fillRect(beyond, veil)
        painter.fillRect(beyond, QBrush(QColor(theme.bad), Qt.BrushStyle.BDiagPattern))
        painter.fillRect(QRectF(at - 1, area.top(), 2, area.height()), QColor(theme.text))
