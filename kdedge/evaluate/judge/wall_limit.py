"""A limit on the clock for one job, whatever it waits for or computes.

It rings in the judge, where only the suite's own code runs; model code cannot silence it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class WallLimitError(BaseException):
    """Time is up. Not an ``Exception``, so that a test's ``except`` does not swallow it."""


@contextmanager
def wall_limit(seconds: float) -> Iterator[None]:
    """Raise inside the block once ``seconds`` have passed.

    Raises:
        WallLimitError: They have passed.
    """
    previous = signal.signal(signal.SIGALRM, _ring)
    # Again and again: an exception raised where Python ignores it, in a destructor, is lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        # It may ring once more right here.
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise WallLimitError
