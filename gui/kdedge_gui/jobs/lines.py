"""Bytes from a child's pipes become lines, whatever the child writes and however much of it."""

import json
import re
from typing import Any

MAX_MESSAGE_BYTES = 4 * 1024**2
"""A longer line on a message stream is dropped: no event of ours comes near."""
MAX_LOG_LINES = 400
MAX_LOG_LINE_CHARACTERS = 2000
_MAX_LOG_LINE_BYTES = 4 * MAX_LOG_LINE_CHARACTERS
_GAP = b"(lines left out)"
_TERMINAL_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


class MessageLines:
    """Cuts a stream of JSON lines into objects; what is none is counted, never raised."""

    def __init__(self) -> None:
        self.n_unreadable = 0
        """Lines that were too long or no JSON object."""
        self.last_unreadable = ""
        """How the newest of them began."""
        self._pieces: list[bytes] = []
        self._n_kept = 0
        self._is_overlong = False

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Return the objects of the lines that ``data`` completes."""
        first, *others = data.split(b"\n")
        self._keep(first)
        messages = []
        for piece in others:
            message = self._complete()
            if message is not None:
                messages.append(message)
            self._keep(piece)
        return messages

    def pass_over(self) -> None:
        """A part of the stream is left out here: the line around it counts as one too long."""
        self._pieces.clear()
        self._is_overlong = True

    def _keep(self, piece: bytes) -> None:
        self._n_kept += len(piece)
        if self._n_kept > MAX_MESSAGE_BYTES:
            self._is_overlong = True
            del self._pieces[1:]
        elif piece and not self._is_overlong:
            self._pieces.append(piece)

    def _complete(self) -> dict[str, Any] | None:
        line = b"".join(self._pieces)
        is_overlong = self._is_overlong
        self._pieces, self._n_kept, self._is_overlong = [], 0, False
        if not line.strip() and not is_overlong:
            return None
        message = None if is_overlong else _parsed(line)
        if message is None:
            self.n_unreadable += 1
            self.last_unreadable = line[:200].decode("utf-8", "replace")
        return message


class LogLines:
    """Cuts a log into lines of text, the newest 400 of each piece, each of 2,000 characters."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_gap = False

    def feed(self, data: bytes) -> list[str]:
        """Return the newest lines that ``data`` completes; a gap before them is one of them."""
        if b"\n" not in data:
            self._rest = (self._rest + data[:_MAX_LOG_LINE_BYTES])[:_MAX_LOG_LINE_BYTES]
            return []
        head, _, tail = data.rpartition(b"\n")
        lines = head.rsplit(b"\n", MAX_LOG_LINES - 1)
        if self._is_gap or b"\n" in lines[0]:
            lines[0] = _GAP
        else:
            lines[0] = self._rest + lines[0][:_MAX_LOG_LINE_BYTES]
        self._rest, self._is_gap = tail[:_MAX_LOG_LINE_BYTES], False
        return [_as_text(line) for line in lines]

    def pass_over(self) -> None:
        """A part of the log is left out here: the line around it is dropped."""
        self._rest, self._is_gap = b"", True

    def end(self) -> list[str]:
        """Return the line that was begun and never ended, if there is one."""
        rest, self._rest = self._rest, b""
        return [_as_text(rest)] if rest.strip() else []


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _as_text(line: bytes) -> str:
    text = line[:_MAX_LOG_LINE_BYTES].decode("utf-8", "replace").rstrip("\r")
    text = _TERMINAL_CODES.sub("", text.rpartition("\r")[2])  # a bar drawn over itself
    if len(text) > MAX_LOG_LINE_CHARACTERS:
        return text[: MAX_LOG_LINE_CHARACTERS - 1] + "…"
    return text
