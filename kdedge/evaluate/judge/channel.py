"""Messages of bounded size over a pair of pipes."""

import os

_HEADER_BYTES = 4


class ChannelClosedError(Exception):
    """The other side is gone."""


class ChannelBrokenError(Exception):
    """The other side sends a message that is too large."""


class Channel:
    """One side of the two pipes; it waits as long as it takes."""

    def __init__(self, reader: int, writer: int, *, max_bytes: int) -> None:
        self._reader = reader
        self._writer = writer
        self._max_bytes = max_bytes

    def send(self, message: bytes) -> None:
        """Send ``message``.

        Raises:
            ChannelClosedError: The other side is gone.
        """
        view = memoryview(len(message).to_bytes(_HEADER_BYTES, "big") + message)
        while view:
            try:
                view = view[os.write(self._writer, view) :]
            except BrokenPipeError:
                raise ChannelClosedError from None

    def receive(self) -> bytes:
        """Return the next message.

        Raises:
            ChannelClosedError: The other side is gone.
            ChannelBrokenError: What it sends is too large.
        """
        size = int.from_bytes(self._exactly(_HEADER_BYTES), "big")
        if size > self._max_bytes:
            raise ChannelBrokenError(f"{size} bytes, more than the {self._max_bytes} allowed")
        return self._exactly(size)

    def close(self) -> None:
        """Close both pipes."""
        os.close(self._reader)
        os.close(self._writer)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = os.read(self._reader, size - len(parts))
            if not part:
                raise ChannelClosedError
            parts += part
        return bytes(parts)
