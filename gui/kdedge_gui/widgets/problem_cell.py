"""One cell of the grid of problems: its colour, its sign, its words."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from kdedge_gui.theme.tokens import Theme, blend

WAITING, GENERATED = "waiting", "generated"
_ROUNDING = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """One problem."""

    key: str
    """Different for every cell; what ``activated`` says."""
    kind: str
    """``waiting``, ``generated``, or a verdict."""
    sign: str
    """Shown in the cell; a few letters at most."""
    told: str
    """The cell in words."""
    share: float | None = None
    """Of its completions that passed, where there are several: the cell is filled so far."""


def kind_colour(kind: str, theme: Theme) -> str:
    """Return the colour of a kind of cell; its sign says the same."""
    if kind in {"timed_out", "truncated", "no_code"}:
        return theme.warning
    return {
        WAITING: theme.muted,
        GENERATED: theme.info,
        "passed": theme.good,
        "failed": theme.bad,
        "error": theme.bad,
    }.get(kind, theme.info)


def paint_cell(
    painter: QPainter,
    area: QRectF,
    kind: str,
    sign: str,
    share: float | None,
    theme: Theme,
) -> None:
    """Paint one cell into ``area``, with the painter's font."""
    colour = kind_colour(kind, theme)
    inner = area.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(Qt.PenStyle.NoPen)
    if kind == WAITING:
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inner, _ROUNDING, _ROUNDING)
        return
    painter.setBrush(QColor(blend(colour, theme.surface, share=0.18)))
    painter.drawRoundedRect(inner, _ROUNDING, _ROUNDING)
    if share:
        painter.save()
        filled = QRectF(inner)
        filled.setTop(inner.bottom() - inner.height() * share)
        painter.setClipRect(filled)
        painter.setBrush(QColor(blend(theme.good, theme.surface, share=0.5)))
        painter.drawRoundedRect(inner, _ROUNDING, _ROUNDING)
        painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(blend(colour, theme.surface, share=0.55)), 1))
    painter.drawRoundedRect(inner, _ROUNDING, _ROUNDING)
    painter.setPen(QColor(theme.text if share is not None else colour))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, sign)
