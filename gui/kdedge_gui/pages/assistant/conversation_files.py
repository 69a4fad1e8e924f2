"""Where conversations are kept: one file each in kdedge's folder, written whole.

Everything here reads or writes files and belongs in a background thread.
"""

import logging
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.core.files import write_text
from kdedge.core.paths import home, writable_home
from kdedge_gui.pages.assistant.conversation import (
    Conversation,
    from_json_lines,
    to_json_lines,
)

_MAX_BYTES = 16 * 1024**2
_log = logging.getLogger(__name__)


def conversations_dir() -> Path:
    """Return the folder; it may not exist yet."""
    return home() / "conversations"


def keep(conversation: Conversation) -> Path:
    """Write ``conversation`` in place of what was kept of it before; return its path.

    Raises:
        KdedgeError: The folder cannot be made or written, or the disk is full.
    """
    writable_home()
    path = _path(conversation)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise KdedgeError(
            f"The folder {path.parent} cannot be made: {error.strerror or error}.",
            hint="Set KDEDGE_HOME to a folder you may write to.",
        ) from error
    write_text(path, to_json_lines(conversation))
    return path


def forget(conversation: Conversation) -> None:
    """Delete what was kept of ``conversation``.

    Raises:
        KdedgeError: Its file cannot be deleted.
    """
    path = _path(conversation)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise KdedgeError(
            f"{path} was not deleted: {error.strerror or error}.", hint="Delete it yourself."
        ) from error


def last_kept() -> Conversation | None:
    """Return the conversation begun last that can be read and has something in it."""
    try:
        paths = sorted(conversations_dir().glob("*.jsonl"), reverse=True)
    except OSError:
        return None
    for path in paths[:3]:
        found = _read(path)
        if found is not None and found.turns:
            return found
    return None


def _read(path: Path) -> Conversation | None:
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode()
        return from_json_lines(text)
    except (OSError, UnicodeDecodeError, KdedgeError) as error:
        _log.warning("%s cannot be read: %r", path, error)
        return None


def _path(conversation: Conversation) -> Path:
    letters = (each if each.isalnum() else "-" for each in conversation.started_at)
    return conversations_dir() / f"{''.join(letters)}.jsonl"
