"""``kdedge app --shots DIR``: a picture of every page in each of its states.

Drawn without a screen, in a home of its own, with one font, one size and one clock, from recorded
real data: the same code gives the same pictures. No process is started and nothing is computed.
"""

import importlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QLocale, QTimer
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from kdedge_gui import numbers
from kdedge_gui.machine_watch import MemorySample
from kdedge_gui.main_window import MainWindow
from kdedge_gui.page_table import PageSpec, shown_pages
from kdedge_gui.qt_override import override
from kdedge_gui.shots.clipping import clipped_texts
from kdedge_gui.shots.scene import RECORDED, Recorded, Scene
from kdedge_gui.state import AppState

if TYPE_CHECKING:
    from kdedge_gui.page import Page

SIZE = (1280, 800)
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
"""The present in every picture."""
_FONT = "DejaVu Sans"
_POINTS = 10
_SETTLE_MS = 40
_SETTLE_ROUNDS = 4
"""Charts draw ten times a second."""
_LARGE_PERCENT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A theme and a text size."""

    theme: str
    percent: int = 100

    @property
    def suffix(self) -> str:
        """The end of a picture's name."""
        return self.theme if self.percent == 100 else f"{self.theme}-large"


LOOKS = tuple(
    Look(theme=theme, percent=percent)
    for percent in (100, _LARGE_PERCENT)
    for theme in ("light", "dark")
)
CONTRAST = Look(theme="contrast")
"""Of one state of each page, the fullest."""


def render_all(folder: str) -> int:
    """Write every picture into ``folder`` and tell of each; return the exit code."""
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.stderr.write(f"error: {folder}: {error.strerror}\nhint: Name another folder.\n")
        return 1
    code = 0
    with tempfile.TemporaryDirectory(prefix="kdedge-shots-") as home:
        os.environ["KDEDGE_HOME"] = home
        app = _application()
        for spec in shown_pages():
            for scene in scenes_of(spec):
                try:
                    for name in _render(app, spec, scene, target):
                        sys.stdout.write(f"{name}\n")
                        sys.stdout.flush()
                except ValueError as error:  # what it shows is not recorded
                    sys.stderr.write(f"{spec.name}-{scene.name}: {error}\n")
                    code = 1
    return code


def scenes_of(spec: PageSpec) -> tuple[Scene, ...]:
    """Return the states of a page, the last of them its fullest."""
    module = f"{spec.module}.scenes"
    if find_spec(module) is None:
        return ()
    found: tuple[Scene, ...] = importlib.import_module(module).SCENES
    return found


def looks_of(scene: Scene, scenes: tuple[Scene, ...]) -> tuple[Look, ...]:
    """Return the looks in which a state is drawn."""
    fullest = next((each for each in scenes if each.name == "full"), scenes[-1])
    return (*LOOKS, CONTRAST) if scene is fullest else LOOKS


def _render(app: QApplication, spec: PageSpec, scene: Scene, target: Path) -> Iterator[str]:
    state = AppState()
    state.themes.apply(app)
    window = MainWindow(state, pages=[_Still.of(each) for each in shown_pages()])
    window.resize(*SIZE)
    window.show_page(spec.name)
    window.show()
    state.machine.sampled.emit(recorded_memory())
    _settle()
    scene.arrange(window.current_page, Recorded(RECORDED / spec.name))
    for look in looks_of(scene, scenes_of(spec)):
        state.preferences.theme = look.theme
        state.preferences.text_percent = look.percent
        window.resize(*SIZE)
        _settle()
        focused = window.focusWidget()
        if focused is not None:
            focused.clearFocus()
        name = f"{spec.name}-{scene.name}-{look.suffix}.png"
        picture = window.grab()
        if not picture.save(str(target / name)):
            sys.stderr.write(f"{name}: it cannot be written\n")
        for text in clipped_texts(window):
            sys.stderr.write(f"{name}: cut: {text}\n")
        yield name
    window.close_now()
    window.deleteLater()
    state.deleteLater()
    _settle()


def recorded_memory() -> MemorySample:
    """Return the memory that ``kdedge doctor`` found where the rest was recorded."""
    machine = Recorded(RECORDED / "home").documents("doctor")[0]["machine"]
    return MemorySample(
        total_bytes=machine["memory_total_bytes"],
        available_bytes=machine["memory_available_bytes"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Still(PageSpec):
    """A page that is not told that it is in view, so that it fetches nothing."""

    @classmethod
    def of(cls, spec: PageSpec) -> "_Still":
        """Return ``spec``, still."""
        return cls(**{each.name: getattr(spec, each.name) for each in fields(spec)})

    @override
    def make(self, state: AppState) -> "Page":
        """Return the page."""
        page = PageSpec.make(self, state)
        page.entered = _do_nothing  # type: ignore[method-assign]
        return page


def _do_nothing(payload: object = None) -> None:
    """Stand for ``Page.entered``."""


def _application() -> QApplication:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["TZ"] = "UTC"
    time.tzset()
    app = QApplication([sys.argv[0]])
    if _FONT in QFontDatabase.families():
        app.setFont(QFont(_FONT, _POINTS))
    app.setCursorFlashTime(0)
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    numbers.set_present(NOW)
    return app


def _settle() -> None:
    """Let layouts follow and charts draw; in rounds, because one layout calls for the next."""
    for _ in range(_SETTLE_ROUNDS):
        loop = QEventLoop()
        QTimer.singleShot(_SETTLE_MS, loop.quit)
        loop.exec()
