"""Text that grows token by token: stop strings and characters may be cut anywhere by tokens."""

from collections.abc import Sequence


class GrowingText:
    """Collects pieces of UTF-8, finds the first stop string, and says what is safe to show."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._stops = [text.encode() for text in stop if text]
        self._longest = max(map(len, self._stops), default=0)
        self._bytes = bytearray()
        self._shown = 0
        self.stopped = False
        """A stop string was met; the text ends before it."""

    def add(self, piece: bytes) -> None:
        """Append ``piece``; cut the text at the earliest stop string that is now complete."""
        if self.stopped:
            return
        start = max(0, len(self._bytes) - self._longest + 1)
        self._bytes += piece
        found = [at for stop in self._stops if (at := self._bytes.find(stop, start)) >= 0]
        if found:
            del self._bytes[min(found) :]
            self.stopped = True

    def take_new(self, *, final: bool = False) -> str:
        """Return text that was not returned before and can no longer change.

        What may yet become a stop string or a whole character is held back until ``final``.
        """
        end = len(self._bytes) if final or self.stopped else self._settled_length()
        whole = _whole_characters(self._bytes[self._shown : end])
        self._shown += len(whole)
        return whole.decode("utf-8", "replace")

    def whole(self) -> str:
        """Return all of the text; an unfinished character at its end is dropped."""
        return _whole_characters(self._bytes).decode("utf-8", "replace")

    def _settled_length(self) -> int:
        for held in range(min(self._longest - 1, len(self._bytes)), 0, -1):
            tail = self._bytes[-held:]
            if any(stop.startswith(tail) for stop in self._stops):
                return len(self._bytes) - held
        return len(self._bytes)


def _whole_characters(raw: bytes | bytearray) -> bytes:
    """Return ``raw`` without the first bytes of a character whose rest is yet to come."""
    for back in range(1, min(4, len(raw)) + 1):
        byte = raw[-back]
        if byte & 0xC0 == 0x80:
            continue
        length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return bytes(raw[:-back]) if length > back else bytes(raw)
    return bytes(raw)
