"""llama.cpp's log without its debugging lines, of which one context alone writes a thousand."""

import ctypes

import llama_cpp.llama_cpp as llama

_DEBUG = 1
_CONTINUES = 5
"""The level of text that goes on with the line before."""


class NoticedLog:
    """Passes on what is worth reading to the log's earlier reader, and keeps it for one look."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._earlier = llama.llama_log_callback()
        self._earlier_data = ctypes.c_void_p()
        llama.llama_log_get(ctypes.byref(self._earlier), ctypes.byref(self._earlier_data))
        self._reader = llama.llama_log_callback(self._read)  # C holds on to it
        llama.llama_log_set(self._reader, ctypes.c_void_p(0))
        self._noticed = True

    def take(self) -> str:
        """Return what was logged since the last call."""
        text = "".join(self._lines)
        self._lines.clear()
        return text

    def _read(self, level: int, text: bytes, _: object) -> None:
        if level != _CONTINUES:
            self._noticed = level > _DEBUG
        if self._noticed:
            self._lines.append(text.decode("utf-8", "replace"))
            self._earlier(level, text, self._earlier_data)
