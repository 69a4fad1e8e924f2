"""Small grey copies of some pictures, and how far a picture is from one.

``python -m tests.kdedge_gui.shots.references`` draws all pages and replaces them.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

FOLDER = Path(__file__).parent.parent / "references"
NAMES = tuple(
    f"{page}-full-{look}.png"
    for page in ("home", "models", "assistant", "benchmark", "compare", "convert", "settings")
    for look in ("light", "dark-large")
)
_WIDTH, _HEIGHT = 160, 100
_BLOCK = 10


def small(picture: QImage) -> QImage:
    """Return ``picture`` in grey, an eighth as wide and high."""
    scaled = picture.scaled(
        _WIDTH,
        _HEIGHT,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return scaled.convertToFormat(QImage.Format.Format_Grayscale8)


def mean_difference(first: QImage, second: QImage) -> float:
    """Return the mean difference of two small pictures, 0 to 255."""
    differences = _differences(first, second)
    return sum(map(sum, differences)) / (_WIDTH * _HEIGHT)


def largest_difference(first: QImage, second: QImage) -> float:
    """Return the mean difference of the block of 10 x 10 pixels that differs most."""
    differences = _differences(first, second)
    return max(
        sum(sum(row[left : left + _BLOCK]) for row in differences[top : top + _BLOCK]) / _BLOCK**2
        for top in range(0, _HEIGHT, _BLOCK)
        for left in range(0, _WIDTH, _BLOCK)
    )


def _differences(first: QImage, second: QImage) -> list[list[int]]:
    return [
        [abs((first.pixel(x, y) & 0xFF) - (second.pixel(x, y) & 0xFF)) for x in range(_WIDTH)]
        for y in range(_HEIGHT)
    ]


def main() -> None:
    """Replace the references."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "kdedge", "app", "--shots", folder],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        FOLDER.mkdir(exist_ok=True)
        for name in NAMES:
            small(QImage(str(Path(folder) / name))).save(str(FOLDER / name))


if __name__ == "__main__":
    main()
