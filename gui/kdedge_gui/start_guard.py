"""Whether the window can be opened at all, in a sentence instead of an abort.

Runs before PySide6 is imported and imports nothing that takes time.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_FIRST_BAD_QT = (6, 12)
_FIRST_GOOD_PYTHON = (3, 12)
_INSTALL = "python -m pip install 'kdedge-toolkit[gui]'"
_X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What Qt's X11 part loads, and the Debian packages that have it."""
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
    if not needs_screen or sys.platform != "linux":
        return None
    found = missing_screen(os.environ, platform=sys.platform)
    return missing_libraries(os.environ) if found is None else found


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


def missing_libraries(
    environment: Mapping[str, str], *, load: Callable[[str], object] | None = None
) -> Refusal | None:
    """Return what to say where a library of X11 is missing, without which Qt would abort.

    Args:
        environment: As of the process.
        load: Opens a library by name, or raises ``OSError``; for tests.
    """
    platform = environment.get("QT_QPA_PLATFORM", "")
    uses_wayland = "WAYLAND_DISPLAY" in environment and not platform.startswith("xcb")
    if uses_wayland or platform.partition(":")[0] in _NEEDS_NO_SCREEN:
        return None
    open_library = load or _open_library
    missing = []
    for library, package in _X11_LIBRARIES.items():
        try:
            open_library(library)
        except OSError:
            missing.append(package)
    if not missing:
        return None if load else _unreachable_screen(environment)
    return Refusal(
        problem="Qt needs libraries of the system that are missing, to open a window.",
        hint=f"On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}",
    )


def _open_library(name: str) -> object:
    from ctypes import CDLL

    return CDLL(name)


def _unreachable_screen(environment: Mapping[str, str]) -> Refusal | None:
    """Return what to say where no X server answers, for which Qt would abort."""
    from ctypes import CDLL, c_int, c_void_p

    xcb = CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = c_void_p
    xcb.xcb_connection_has_error.restype = c_int
    connection = c_void_p(xcb.xcb_connect(None, None))
    fails = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if not fails:
        return None
    return Refusal(
        problem=f"No screen answers at DISPLAY={environment.get('DISPLAY', '')}.",
        hint="Start it from within a desktop session, or with ssh -X.",
    )


def broken_qt(error: ImportError) -> Refusal:
    """Return what to say where PySide6 is installed and cannot be loaded."""
    return Refusal(
        problem=f"Qt cannot be loaded: {error}.",
        hint="On Debian or Ubuntu: sudo apt-get install libegl1 libgl1 libxkbcommon0 "
        f"libfontconfig1 libdbus-1-3. If that does not help: {_INSTALL} --force-reinstall",
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
