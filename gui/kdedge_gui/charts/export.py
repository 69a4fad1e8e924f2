"""A chart in a file: PNG, SVG or PDF, whole or not at all."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from kdedge.core.errors import KdedgeError
from kdedge.core.files import whole_file

Paint = Callable[[QPainter, QRectF], None]
ENDINGS = (".png", ".svg", ".pdf")
_PNG_RATIO = 2
_POINTS_PER_INCH = 72
_DOTS_PER_INCH = 96
"""Axes are recorded in the screen's resolution and would be drawn smaller in another one."""


def save_picture(path: Path, size: QSize, *, background: str, paint: Paint) -> None:
    """Paint into the file at ``path``; its ending says how.

    Args:
        path: Ends in ``.png``, ``.svg`` or ``.pdf``.
        size: In logical pixels.
        background: Colour behind everything.
        paint: Paints into the rectangle it is given.

    Raises:
        KdedgeError: The ending is another one, or the file cannot be written.
    """
    write_picture(path, picture_bytes(path.suffix, size, background=background, paint=paint))


def picture_bytes(ending: str, size: QSize, *, background: str, paint: Paint) -> bytes:
    """Return the content of a picture file.

    Raises:
        KdedgeError: No picture has this ending.
    """
    makers = {".png": _png, ".svg": _svg, ".pdf": _pdf}
    maker = makers.get(ending.lower())
    if maker is None:
        raise KdedgeError(
            f"A chart cannot be saved as {ending or 'a file without an ending'}.",
            hint=f"Use {', '.join(ENDINGS)}.",
        )
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)

    def paint_all(painter: QPainter) -> None:
        area = QRectF(0, 0, size.width(), size.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(area, QColor(background))
        paint(painter, area)
        painter.end()

    maker(buffer, size, paint_all)
    return bytes(buffer.data().data())


def write_picture(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``; an earlier file stays until the new one is there.

    Raises:
        KdedgeError: The file cannot be written.
    """
    with whole_file(path) as partial:
        partial.write_bytes(content)


def _png(buffer: QBuffer, size: QSize, paint: Callable[[QPainter], None]) -> None:
    image = QImage(size * _PNG_RATIO, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_PNG_RATIO)
    paint(QPainter(image))
    QImageWriter(buffer, QByteArray(b"png")).write(image)


def _svg(buffer: QBuffer, size: QSize, paint: Callable[[QPainter], None]) -> None:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(_dots_per_inch())
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    paint(QPainter(generator))


def _pdf(buffer: QBuffer, size: QSize, paint: Callable[[QPainter], None]) -> None:
    dots = _dots_per_inch()
    writer = QPdfWriter(buffer)
    writer.setResolution(dots)
    points = QSizeF(size) * (_POINTS_PER_INCH / dots)
    writer.setPageSize(QPageSize(points, QPageSize.Unit.Point))
    writer.setPageMargins(writer.pageLayout().margins() * 0)
    paint(QPainter(writer))


def _dots_per_inch() -> int:
    screen = QGuiApplication.primaryScreen()
    return _DOTS_PER_INCH if screen is None else round(screen.logicalDotsPerInch())
