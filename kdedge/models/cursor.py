"""Reading numbers and strings from the start of a file that may be hostile.

Reads what is asked for and a little more, never the whole file, and never maps it: a mapped file
that another process cuts short kills the reader.
"""

import struct
from pathlib import Path
from typing import BinaryIO, NoReturn

from kdedge.core.errors import KdedgeError

MAX_HEADER_BYTES = 128 * 1024**2
"""Far above every real model: the largest vocabularies take 20 MiB."""
_FIRST_READ_BYTES = 2 * 1024**2


class Cursor:
    """A position in a GGUF file's header; moves on with every read."""

    def __init__(self, file: BinaryIO, *, path: Path, file_bytes: int) -> None:
        self._file = file
        self._buffer = bytearray()
        self.path = path
        self.file_bytes = file_bytes
        self.position = 0

    def u32(self) -> int:
        """Return the next unsigned 32-bit number."""
        return int.from_bytes(self.take(4, "a number"), "little")

    def u64(self) -> int:
        """Return the next unsigned 64-bit number."""
        return int.from_bytes(self.take(8, "a number"), "little")

    def text(self, what: str, *, max_bytes: int) -> str:
        """Return the next string; bytes that are no UTF-8 become escapes.

        Args:
            what: What it is, for the sentence when it is too long.
            max_bytes: Longest that is taken.
        """
        length = self.u64()
        if length > max_bytes:
            self.refuse(f"{what} claims {length} bytes, the limit is {max_bytes}")
        return self.take(length, what).decode("utf-8", "backslashreplace")

    def take(self, n_bytes: int, what: str) -> bytes:
        """Return the next ``n_bytes`` bytes."""
        start = self.position
        self.skip(n_bytes, what)
        return bytes(self._buffer[start : self.position])

    def skip(self, n_bytes: int, what: str) -> None:
        """Move on by ``n_bytes`` bytes, all of which must be there."""
        end = self.position + n_bytes
        if end > len(self._buffer):
            self._read_up_to(end, what)
        self.position = end

    def skip_strings(self, count: int, what: str) -> None:
        """Move on over ``count`` strings without making objects of them."""
        if count > (self.file_bytes - self.position) // 8:
            self.refuse(f"{what} claims {count} strings, more than the file can hold")
        length_at = struct.Struct("<Q").unpack_from
        buffer, position, filled = self._buffer, self.position, len(self._buffer)
        for _ in range(count):
            if position + 8 > filled:
                self._read_up_to(position + 8, what)
                filled = len(buffer)
            position += 8 + length_at(buffer, position)[0]
        if position > filled:
            self._read_up_to(position, what)
        self.position = position

    def has_string(self, text: str, *, start: int, end: int) -> bool:
        """Return whether ``text`` is one whole string between two positions already read."""
        encoded = text.encode()
        return self._buffer.find(struct.pack("<Q", len(encoded)) + encoded, start, end) >= 0

    def refuse(self, why: str) -> NoReturn:
        """Say that the file cannot be used.

        Raises:
            KdedgeError: Always.
        """
        raise KdedgeError(
            f"{self.path} is not a GGUF file that can be used: {why}.",
            hint="Download or convert it again, and compare its size and sha256 with the source.",
        )

    def _read_up_to(self, end: int, what: str) -> None:
        if end > self.file_bytes:
            self.refuse(f"it is cut short in {what} ({self.file_bytes} bytes are there)")
        if end > MAX_HEADER_BYTES:
            self.refuse(f"{what} goes beyond {MAX_HEADER_BYTES // 1024**2} MiB of header")
        goal = min(max(end, 2 * len(self._buffer), _FIRST_READ_BYTES), MAX_HEADER_BYTES)
        self._buffer += self._file.read(goal - len(self._buffer))
        if len(self._buffer) < end:
            self.refuse(f"it became shorter while {what} was read")
