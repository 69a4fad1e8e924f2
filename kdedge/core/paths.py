"""Where kdedge keeps what it keeps; ``KDEDGE_HOME`` moves all of it."""

import os
from pathlib import Path
from typing import NoReturn

from kdedge.core.errors import KdedgeError


def home() -> Path:
    """Return kdedge's folder; it may not exist yet."""
    chosen = os.environ.get("KDEDGE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path  # only needed when nothing was chosen

    return user_data_path("kdedge", appauthor=False)


def writable_home() -> Path:
    """Return kdedge's folder, made if need be.

    Raises:
        KdedgeError: The folder cannot be made or written.
    """
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        _refuse(folder, error)
    if not writable:
        _refuse(folder, None)
    return folder


def store_path() -> Path:
    """Return the path of the SQLite store, its folder made.

    Raises:
        KdedgeError: The folder cannot be made or written.
    """
    return writable_home() / "kdedge.sqlite3"


def models_dir() -> Path:
    """Return the folder of the models kdedge makes or downloads itself, made.

    Raises:
        KdedgeError: The folder cannot be made or written.
    """
    folder = writable_home() / "models"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        _refuse(folder, error)
    return folder


def _refuse(folder: Path, cause: OSError | None) -> NoReturn:
    raise KdedgeError(
        f"kdedge cannot write to its folder {folder}.",
        hint="Set KDEDGE_HOME to a folder you may write to.",
    ) from cause
