"""One object that knows how the app looks now, and tells everyone when that changes.

``system`` follows the desktop: light or dark, and high contrast where the desktop asks for it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication, QStyleFactory

from kdedge_gui.theme.style_sheet import mono_font, palette, style_sheet
from kdedge_gui.theme.tokens import CONTRAST, DARK, LIGHT, THEMES, Theme

CHOICES = ("system", "light", "dark", "contrast")
SMALLEST_PERCENT = 80
LARGEST_PERCENT = 200
_SMALLEST_POINTS = 10.0
_KEPT_FONT = "kdedgeSystemFont"


class ThemeManager(QObject):
    """The theme and text size in use; ``apply`` gives them to the application."""

    changed = Signal(object)
    """The new ``Theme``; also after a change of the text size."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = "system"
        self._text_percent = 100
        self._family = ""
        self._theme = LIGHT
        self._app: QApplication | None = None
        self._system_font: QFont | None = None

    @property
    def theme(self) -> Theme:
        """The colours in use."""
        return self._theme

    @property
    def choice(self) -> str:
        """What the user chose: ``system``, ``light``, ``dark`` or ``contrast``."""
        return self._choice

    @property
    def text_percent(self) -> int:
        """Text size in percent of the desktop's own."""
        return self._text_percent

    @property
    def font_points(self) -> float:
        """Size of ordinary text."""
        base = _SMALLEST_POINTS
        if self._system_font is not None:
            base = max(base, self._system_font.pointSizeF())
        return base * self._text_percent / 100

    def mono_font(self) -> QFont:
        """Return the font of code, in the size of ordinary text."""
        return mono_font(self.font_points)

    def set_choice(self, choice: str) -> None:
        """Use another look from now on; an unknown word means ``system``."""
        self._choice = choice if choice in CHOICES else "system"
        self._refresh()

    def set_text_percent(self, percent: int) -> None:
        """Use another text size from now on, within 80 and 200 percent."""
        self._text_percent = min(LARGEST_PERCENT, max(SMALLEST_PERCENT, int(percent)))
        self._refresh()

    def set_font_family(self, family: str) -> None:
        """Use another font from now on; an empty name is the desktop's own."""
        self._family = family
        self._refresh()

    def apply(self, app: QApplication) -> None:
        """Give the look to ``app`` and follow the desktop's changes."""
        if self._app is not app:
            self._app = app
            is_first = app.property(_KEPT_FONT) is None
            self._system_font = _system_font(app)
            if is_first:
                app.setStyle(QStyleFactory.create("Fusion"))
            hints = QGuiApplication.styleHints()
            hints.colorSchemeChanged.connect(self._refresh)
            if hasattr(hints, "accessibility"):  # Qt 6.10
                accessibility = hints.accessibility()
                accessibility.contrastPreferenceChanged.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self._theme = self._wanted()
        if self._app is None:
            return
        font = QFont(self._system_font or self._app.font())
        if self._family:
            font.setFamily(self._family)
        font.setPointSizeF(self.font_points)
        mono = mono_font(self.font_points).family()
        sheet = style_sheet(self._theme, font_points=self.font_points, mono_family=mono)
        with _nothing_collected():
            self._app.setFont(font)
            self._app.setPalette(palette(self._theme))
            self._app.setStyleSheet(sheet)
        self.changed.emit(self._theme)

    def _wanted(self) -> Theme:
        if self._choice != "system":
            return THEMES[self._choice]
        if self._app is None:
            return LIGHT
        # Each object is kept in a variable: what a dropped one has given cannot be used any more.
        hints = QGuiApplication.styleHints()
        if hasattr(hints, "accessibility"):
            accessibility = hints.accessibility()
            if accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast:
                return CONTRAST
        return DARK if hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Keep Python from destroying a widget nobody holds while Qt goes through all of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _system_font(app: QApplication) -> QFont:
    """Return the font the app began with, before any manager changed it."""
    kept = app.property(_KEPT_FONT)
    if not isinstance(kept, QFont):
        kept = QFont(app.font())
        app.setProperty(_KEPT_FONT, kept)
    return kept
