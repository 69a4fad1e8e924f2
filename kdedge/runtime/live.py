"""What a worker tells while it works: how far a load is, text as it grows, speed, memory.

Each has a highest rate, so that a reader is never kept busy by numbers nobody can follow.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter_ns

from kdedge.runtime.sequence import Sequence as Running
from kdedge.runtime.wire import Message

Say = Callable[[Message], None]

MEMORY_INTERVAL_S = 2.0
_LOAD_INTERVAL_NS = 100_000_000
_LIVE_INTERVAL_NS = 250_000_000
_RATE_OVER_NS = 2_000_000_000
"""The speed is that of the last two seconds: what a watcher takes it for."""


class LoadProgress:
    """Tells the share that is loaded, ten times a second at most and at the end."""

    def __init__(self, say: Say, *, go_on: Callable[[], bool]) -> None:
        self._say = say
        self._go_on = go_on
        self._told_ns = 0
        self._fraction = -1.0

    def hear(self, fraction: float) -> bool:
        """Take the share that is loaded; returns whether loading is still wanted."""
        now = perf_counter_ns()
        news = fraction > self._fraction
        if news and (fraction >= 1 or now - self._told_ns >= _LOAD_INTERVAL_NS):
            self._told_ns, self._fraction = now, fraction
            self._say({"op": "progress", "phase": "loading", "fraction": fraction})
        return self._go_on()


class Stream:
    """Tells the text of running sequences as it grows, and four times a second how fast."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._told_ns: dict[str, int] = {}

    def hear(self, running: Running, text: str) -> None:
        """Take one more token of ``running`` and the text that it made certain."""
        request_id, times_ns = running.request.request_id, running.times_ns
        if text:
            n = len(times_ns)
            self._say({"op": "token", "request_id": request_id, "text": text, "n": n})
        since = self._told_ns.setdefault(request_id, times_ns[0])
        if times_ns[-1] - since >= _LIVE_INTERVAL_NS:
            self._told_ns[request_id] = times_ns[-1]
            self._say(_live(running))


class MemoryWatch:
    """Tells every two seconds how much memory this process holds, from a thread of its own."""

    def __init__(self, say: Say, *, interval_s: float = MEMORY_INTERVAL_S) -> None:
        self._say = say
        self._interval_s = interval_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; it says nothing after that."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        import psutil

        process = psutil.Process()
        with suppress(BrokenPipeError):  # nobody listens any more
            while not self._over.is_set():
                self._say({"op": "memory", "rss_bytes": process.memory_info().rss})
                self._over.wait(self._interval_s)


def tokens_per_s(times_ns: Sequence[int]) -> float:
    """Return the speed over the last two seconds, or over the last gap if that is longer.

    Args:
        times_ns: When each token was there, two at least.
    """
    last = len(times_ns) - 1
    first = min(bisect_left(times_ns, times_ns[-1] - _RATE_OVER_NS), last - 1)
    return (last - first) / (times_ns[last] - times_ns[first]) * 1e9


def _live(running: Running) -> Message:
    return {
        "op": "live",
        "request_id": running.request.request_id,
        "n_tokens": len(running.times_ns),
        "tokens_per_s": tokens_per_s(running.times_ns),
        "ttft_s": running.ttft_s,
        "context_used_tokens": running.n_prompt_tokens + len(running.times_ns),
    }
