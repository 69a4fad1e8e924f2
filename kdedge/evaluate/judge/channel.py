"""Messages of bounded size over a pair of pipes, with a deadline."""

import os
import select
from time import monotonic

_HEADER = 4


class ChannelClosedError(Exception):
    """The other side is gone."""


class ChannelBrokenError(Exception):
    """The other side sends what is not a message, or one that is too large."""


class Channel:
    """One side of the two pipes."""

    def __init__(self, reader: int, writer: int, *, max_bytes: int) -> None:
        self._reader = reader
        self._writer = writer
        self._max_bytes = max_bytes

    def send(self, message: bytes, *, deadline: float | None = None) -> None:
        """Send ``message``.

        Raises:
            ChannelClosedError: The other side is gone.
            TimeoutError: It does not read before ``deadline``.
        """
        view = memoryview(len(message).to_bytes(_HEADER, "big") + message)
        while view:
            if deadline is not None:
                _wait(deadline, writer=self._writer)
            try:
                # With a deadline the pipe has room for a page at least, so this never blocks.
                view = view[os.write(self._writer, view[: select.PIPE_BUF]) :]
            except BrokenPipeError:
                raise ChannelClosedError from None

    def receive(self, *, deadline: float | None = None) -> bytes:
        """Return the next message.

        Raises:
            ChannelClosedError: The other side is gone.
            ChannelBrokenError: What it sends is too large.
            TimeoutError: Nothing came before ``deadline``.
        """
        size = int.from_bytes(self._exactly(_HEADER, deadline), "big")
        if size > self._max_bytes:
            raise ChannelBrokenError(f"a result of {size} bytes is too large")
        return self._exactly(size, deadline)

    def close(self) -> None:
        """Close both pipes."""
        os.close(self._reader)
        os.close(self._writer)

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            if deadline is not None:
                _wait(deadline, reader=self._reader)
            part = os.read(self._reader, size - len(parts))
            if not part:
                raise ChannelClosedError
            parts += part
        return bytes(parts)


def _wait(deadline: float, *, reader: int | None = None, writer: int | None = None) -> None:
    left = deadline - monotonic()
    readers, writers = ([f] if f is not None else [] for f in (reader, writer))
    if left <= 0 or not any(select.select(readers, writers, [], left)):
        raise TimeoutError
