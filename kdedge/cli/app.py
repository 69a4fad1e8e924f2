"""``kdedge app``: opens the desktop app, which is a package and a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from kdedge.core.errors import KdedgeError

_MODULE = "kdedge_gui"


def command(
    shots: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write a picture of every page into this folder, and end."
        ),
    ] = None,
) -> None:
    """Open the desktop app: profile, compare and use models in a window.

    \b
    Examples:
      kdedge app
      kdedge app --shots pictures
    """  # noqa: D301 - the backspace keeps the lines apart
    _check_installed()
    added = [] if shots is None else ["--shots", str(shots)]
    # -P: a file of the folder we are called in must not stand for a module.
    _become([sys.executable, "-P", "-m", _MODULE, *added])


def _check_installed() -> None:
    """Check that the app and what draws it are there.

    Raises:
        KdedgeError: PySide6 is not installed.
    """
    if not _is_installed("PySide6") or not _is_installed(_MODULE):
        raise KdedgeError(
            "The desktop app needs PySide6, which is not installed here.",
            hint="Install it: python -m pip install 'kdedge-toolkit[gui]'",
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that was blocked
        return False


def _become(words: list[str]) -> None:
    """Let the window take this process's place, or wait for it where that cannot be.

    Raises:
        Exit: With the window's exit code.
    """
    if os.name == "posix":
        os.execv(words[0], words)  # noqa: S606 - a list we built
    raise typer.Exit(subprocess.run(words, check=False).returncode)
