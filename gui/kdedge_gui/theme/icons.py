"""The app's line drawings: a 24 px grid, one stroke width, drawn for this app.

An icon takes its colour from the theme; ask again when the theme changes.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from kdedge_gui.theme.tokens import LIGHT, Theme

_STROKE = 1.75
_SIZES = (16, 20, 24, 32)
_APP_SIZES = (32, 64, 128)

_DRAWINGS = {
    "home": "M4 11 12 4.5 20 11 M6 9.5V19.5H18V9.5 M10 19.5V14H14V19.5",
    "models": "M12 3.5 20 7.75 12 12 4 7.75Z M4 12 12 16.25 20 12 M4 16.25 12 20.5 20 16.25",
    "chat": "M4.5 5.5H19.5V16H11.5L7.5 19.75V16H4.5Z M8.5 9.25H15.5 M8.5 12.25H13",
    "benchmark": "M4.5 4.5H10V10H4.5Z M14 4.5H19.5V10H14Z M4.5 14H10V19.5H4.5Z "
    "M13.75 17 15.75 19 19.75 14.5",
    "compare": "M4 20H20 M7 20V12 M12 20V4.5 M17 20V8.5",
    "convert": "M4.5 8.5H17.5 M14 5 17.5 8.5 14 12 M19.5 15.5H6.5 M10 12 6.5 15.5 10 19",
    "distil": "M9.5 4H14.5 M10.5 4V9.5L5.25 18.25A1.5 1.5 0 0 0 6.5 20.5H17.5"
    "A1.5 1.5 0 0 0 18.75 18.25L13.5 9.5V4 M7.75 14.5H16.25",
    "settings": "M4 7H13 M17 7H20 M4 17H7 M11 17H20 M15 5A2 2 0 1 1 15 9A2 2 0 1 1 15 5Z "
    "M9 15A2 2 0 1 1 9 19A2 2 0 1 1 9 15Z",
    "play": "M8 5.25V18.75L18.75 12Z",
    "pause": "M9 5.5V18.5 M15 5.5V18.5",
    "stop": "M6.75 6.75H17.25V17.25H6.75Z",
    "refresh": "M19 12A7 7 0 1 1 16.7 6.8 M17.25 3.5V7.25H13.5",
    "copy": "M9 9H19.5V19.5H9Z M15 9V4.5H4.5V15H9",
    "save": "M5 5H15.75L19 8.25V19H5Z M8.5 5V9H14V5 M8 19V13.5H16V19",
    "search": "M10.5 4.5A6 6 0 1 1 10.5 16.5A6 6 0 1 1 10.5 4.5Z M15 15 20 20",
    "add": "M12 5V19 M5 12H19",
    "remove": "M5 7H19 M9.5 7V4.5H14.5V7 M6.75 7 7.75 19.5H16.25L17.25 7 "
    "M10.5 10.75V16 M13.5 10.75V16",
    "folder": "M3.75 6H9.5L11.5 8.25H20.25V18.5H3.75Z",
    "download": "M12 4V14.5 M7.5 10.25 12 14.75 16.5 10.25 M4.5 19.5H19.5",
    "check": "M5 12.75 9.75 17.5 19 7",
    "cross": "M6.5 6.5 17.5 17.5 M17.5 6.5 6.5 17.5",
    "warning": "M12 4.25 20.75 19.5H3.25Z M12 10V14 M12 16.5V16.75",
    "info": "M12 4A8 8 0 1 1 12 20A8 8 0 1 1 12 4Z M12 11V16 M12 8V8.25",
    "clock": "M12 4A8 8 0 1 1 12 20A8 8 0 1 1 12 4Z M12 7.5V12L15 14",
    "memory": "M4 8H20V16.5H4Z M8 11V13.5 M12 11V13.5 M16 11V13.5 "
    "M7 16.5V19 M12 16.5V19 M17 16.5V19",
    "speed": "M5.25 17.5A8 8 0 1 1 18.75 17.5 M12 13.25 16 8.75",
    "sun": "M12 8A4 4 0 1 1 12 16A4 4 0 1 1 12 8Z M12 2.75V4.5 M12 19.5V21.25 M2.75 12H4.5 "
    "M19.5 12H21.25 M5.5 5.5 6.75 6.75 M17.25 17.25 18.5 18.5 M18.5 5.5 17.25 6.75 "
    "M6.75 17.25 5.5 18.5",
    "moon": "M19.5 14.25A8 8 0 1 1 9.75 4.5A6.5 6.5 0 0 0 19.5 14.25Z",
    "chevron-right": "M9.5 5.5 16 12 9.5 18.5",
    "chevron-down": "M5.5 9.5 12 16 18.5 9.5",
    "close": "M7 7 17 17 M17 7 7 17",
    "export": "M12 15V4.5 M7.75 8.5 12 4.25 16.25 8.5 M5 13V19.5H19V13",
    "log": "M5 5H19V19H5Z M8 9 10.5 11.5 8 14 M12.5 14.5H16",
    "dot": "M12 10A2 2 0 1 1 12 14A2 2 0 1 1 12 10Z",
}
NAMES = tuple(_DRAWINGS)


def icon(name: str, theme: Theme) -> QIcon:
    """Return the icon ``name`` in the text colour of ``theme``, fainter where it is disabled."""
    return _icon(name, theme.text, theme.muted, theme.accent)


def coloured_icon(name: str, colour: str) -> QIcon:
    """Return the icon ``name`` in one colour, whatever the state of its button."""
    return _icon(name, colour, colour, colour)


def pixmap(name: str, colour: str, *, size: int = 20, ratio: float = 2.0) -> QPixmap:
    """Return the icon ``name`` as a picture of ``size`` logical pixels for a label."""
    return _pixmap(name, colour, size, ratio)


def app_icon() -> QIcon:
    """Return the app's own icon: the layers of a model on the accent colour."""
    made = QIcon()
    for size in _APP_SIZES:
        drawn = QPixmap(QSize(size, size))
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LIGHT.accent))
        painter.drawRoundedRect(0, 0, size, size, size * 0.22, size * 0.22)
        inner = round(size * 0.7)
        edge = (size - inner) // 2
        painter.drawPixmap(edge, edge, _pixmap("models", LIGHT.on_accent, inner, 1.0))
        painter.end()
        made.addPixmap(drawn)
    return made


@lru_cache(maxsize=512)
def _icon(name: str, normal: str, disabled: str, selected: str) -> QIcon:
    made = QIcon()
    ratio = QGuiApplication.instance().devicePixelRatio()  # type: ignore[union-attr]
    modes = QIcon.Mode
    for mode, colour in (
        (modes.Normal, normal),
        (modes.Disabled, disabled),
        (modes.Selected, selected),
    ):
        for size in _SIZES:
            made.addPixmap(_pixmap(name, colour, size, ratio), mode)
    return made


@lru_cache(maxsize=2048)
def _pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    drawing = _drawing(name, colour)
    drawn = QPixmap(QSize(size, size) * ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    drawing.render(painter)
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


@lru_cache(maxsize=256)
def _drawing(name: str, colour: str) -> QSvgRenderer:
    paths = _DRAWINGS.get(name)
    if paths is None:
        raise ValueError(f"{name!r} is not an icon; there are {', '.join(NAMES)}.")
    text = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' "
        f"stroke='{colour}' stroke-width='{_STROKE}' stroke-linecap='round' "
        f"stroke-linejoin='round'><path d='{paths}'/></svg>"
    )
    return QSvgRenderer(QByteArray(text.encode()))
