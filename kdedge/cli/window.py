"""Starts the desktop app: a package and a process of its own, which kdedge never imports.

Apart from ``kdedge.cli.app`` so that ``kdedge app`` need not import typer first.
"""

import os
import sys
from importlib.util import find_spec

from kdedge.core.errors import KdedgeError

_MODULE = "kdedge_gui"


def open_window(*words: str) -> int:
    """Let the app take this process's place, or wait for it where that cannot be.

    Args:
        words: The app's own arguments.

    Raises:
        KdedgeError: PySide6 is not installed.
    """
    if not _is_installed("PySide6") or not _is_installed(_MODULE):
        raise KdedgeError(
            "The desktop app needs PySide6, which is not installed here.",
            hint="Install it: python -m pip install 'kdedge-toolkit[gui]'",
        )
    # -P: a file of the folder we are called in must not stand for a module.
    command = [sys.executable, "-P", "-m", _MODULE, *words]
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606 - a list we built
    import subprocess  # takes a while, and nobody on POSIX needs it

    return subprocess.run(command, check=False).returncode


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that was blocked
        return False
