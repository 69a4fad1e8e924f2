"""Whether the window can be opened at all, in a sentence instead of an abort.

Runs before PySide6 is imported and imports nothing that takes time.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_FIRST_BAD_QT = (6, 12)
_FIRST_GOOD_PYTHON = (3, 12)
_INSTALL = "python -m pip install 'kdedge-toolkit[gui]'"
_NEEDS_NO_SCREEN = {"offscreen", "minimal", "vnc", "linuxfb", "eglfs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the window cannot be opened, and what to do."""

    problem: str
    hint: str


def refusal(*, needs_screen: bool = True) -> Refusal | None:
    """Return why the app cannot start here; ``None`` when it can.

    Args:
        needs_screen: Not for pictures, which are drawn without one.
    """
    if find_spec("PySide6") is None:
        return missing_qt()
    if sys.version_info[:2] < _FIRST_GOOD_PYTHON:
        found = refused_pair(_pyside_version(), python=sys.version_info[:2])
        if found is not None:
            return found
    return missing_screen(os.environ, platform=sys.platform) if needs_screen else None


def missing_qt() -> Refusal:
    """Return what to say where PySide6 is not installed."""
    return Refusal(
        problem="The desktop app needs PySide6, which is not installed here.",
        hint=f"Install it: {_INSTALL}",
    )


def refused_pair(pyside: str, *, python: tuple[int, int]) -> Refusal | None:
    """Return what to say of a PySide6 that ends the process on this Python after a while.

    PySide6 6.12 gives references to ``None`` away; before Python 3.12 they are counted, and run
    out. 6.11 does not, and Python 3.12 does not count them.
    """
    if _numbers(pyside)[:2] < _FIRST_BAD_QT or python >= _FIRST_GOOD_PYTHON:
        return None
    return Refusal(
        problem=f"PySide6 {pyside} crashes on Python {python[0]}.{python[1]} after a while.",
        hint="Use Python 3.12 or newer, or install an older one: "
        "python -m pip install 'PySide6-Essentials<6.12'",
    )


def missing_screen(environment: Mapping[str, str], *, platform: str) -> Refusal | None:
    """Return what to say on a Linux without a screen, where Qt would abort."""
    if platform != "linux":
        return None
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0].partition(";")[0]
    if chosen in _NEEDS_NO_SCREEN:
        return None
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return None
    return Refusal(
        problem="There is no screen to open a window on (DISPLAY and WAYLAND_DISPLAY are unset).",
        hint="Run it in a desktop session or with ssh -X; every page's work is also a verb: "
        "see kdedge --help.",
    )


def _pyside_version() -> str:
    """Return the version of the installed PySide6, from the name of its metadata folder.

    ``importlib.metadata`` says the same, but takes a tenth of a second to import.
    """
    found = find_spec("PySide6")
    if found is None or not found.submodule_search_locations:
        return "0"
    beside = Path(found.submodule_search_locations[0]).parent
    names = sorted(folder.name for folder in beside.glob("[Pp]y[Ss]ide6*.dist-info"))
    versions = [name.removesuffix(".dist-info").rpartition("-")[2] for name in names]
    return max(versions, default="0", key=_numbers)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
