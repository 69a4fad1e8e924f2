"""How fast a download is now, when it will be done, and how often that is told."""

from collections import deque
from collections.abc import Callable
from time import monotonic

from kdedge.core.events import Event, Progress, Sink

_WINDOW_S = 8.0
_SEEN_EVERY_S = 0.25
_LEAST_PAUSE_S = 0.1
_MIB = 1024**2


def paced(sink: Sink, *, clock: Callable[[], float] = monotonic) -> Sink:
    """Return a sink that passes on at most ten progress events a second, and the last of a phase.

    Args:
        sink: Gets them.
        clock: Tells seconds.
    """
    last = -_LEAST_PAUSE_S

    def pass_on(event: Event) -> None:
        nonlocal last
        if isinstance(event, Progress) and event.done != event.total:
            if clock() - last < _LEAST_PAUSE_S:
                return
            last = clock()
        sink(event)

    return pass_on


class TransferRate:
    """The rate over the last seconds; what was there before counts as no speed."""

    def __init__(self, *, total: int, clock: Callable[[], float] = monotonic) -> None:
        self._total = total
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def in_words(self, done: int) -> str:
        """Return rate and time left, such as ``12.5 MiB/s, 3 min left``; empty at first.

        Args:
            done: Bytes that are there now.
        """
        now = self._clock()
        if self._seen and done < self._seen[-1][1]:  # it was begun again
            self._seen.clear()
        if not self._seen or now - self._seen[-1][0] >= _SEEN_EVERY_S:
            self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()
        first_at, first_done = self._seen[0]
        if now <= first_at or done <= first_done:
            return ""
        rate = (done - first_done) / (now - first_at)
        return f"{rate / _MIB:.1f} MiB/s, {_time_left((self._total - done) / rate)} left"


def _time_left(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
