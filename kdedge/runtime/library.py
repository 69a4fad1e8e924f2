"""llama.cpp's shared library: started once, its log caught and kept for error details."""

import ctypes
from collections import deque
from functools import cache

import llama_cpp.llama_cpp as llama

_KEPT_LINES = 200
_log: deque[str] = deque(maxlen=_KEPT_LINES)


def _keep(level: int, text: bytes, user_data: object) -> None:
    _log.append(text.decode("utf-8", "replace"))


_keep_callback = llama.llama_log_callback(_keep)  # C holds on to it: it must not be collected


@cache
def start() -> None:
    """Start llama.cpp's backends and send its log here instead of to the terminal."""
    llama.llama_log_set(_keep_callback, ctypes.c_void_p(0))
    llama.llama_backend_init()


def recent_log() -> str:
    """Return the last lines that llama.cpp logged, oldest first."""
    return "".join(_log)


def last_complaint() -> str:
    """Return the last logged line that speaks of an error, or an empty string."""
    lines = [line.strip() for line in recent_log().splitlines()]
    telling = [line for line in lines if "error" in line.lower() or "failed" in line.lower()]
    return telling[0] if telling else ""
