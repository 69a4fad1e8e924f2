"""A thread pool of ggml's, attached to a context: llama-bench has one, so its equal needs one.

llama-cpp-python does not bind these functions. Without them llama.cpp makes a pool for every
graph it computes, which is right too, only a little slower.
"""

import ctypes
from typing import Any

import llama_cpp.llama_cpp as llama

POLL = 50
"""How eagerly idle threads look for work, 0 to 100; llama-bench's default."""
_CPU_DEVICE = 0
_MAX_THREADS = 512


class _Parameters(ctypes.Structure):
    """``ggml_threadpool_params``."""

    _fields_ = (
        ("cpumask", ctypes.c_bool * _MAX_THREADS),
        ("n_threads", ctypes.c_int),
        ("prio", ctypes.c_int),
        ("poll", ctypes.c_uint32),
        ("strict_cpu", ctypes.c_bool),
        ("paused", ctypes.c_bool),
    )


class ThreadPool:
    """Threads for one context; free it after the context."""

    def __init__(self, handle: int, free: Any) -> None:
        self._handle = handle
        self._free = free

    def attach(self, context: Any) -> None:
        """Let ``context`` compute on these threads."""
        attach = _library().llama_attach_threadpool
        attach.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        attach.restype = None
        attach(context, self._handle, None)

    def close(self) -> None:
        """End the threads; a second call does nothing."""
        if self._handle:
            self._free(self._handle)
            self._handle = 0


def new_thread_pool(n_threads: int) -> ThreadPool | None:
    """Return a pool of ``n_threads``, or ``None`` where this build does not let us make one."""
    try:
        make = _cpu_function(b"ggml_threadpool_new")
        free = _cpu_function(b"ggml_threadpool_free")
        defaults = _library().ggml_threadpool_params_default
    except AttributeError:  # Windows looks into one library only, not into those it needs
        return None
    if make is None or free is None:
        return None
    defaults.argtypes, defaults.restype = [ctypes.c_int], _Parameters
    parameters = defaults(n_threads)
    parameters.poll = POLL
    new = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Parameters))(make)
    handle = new(ctypes.byref(parameters))
    return ThreadPool(handle, ctypes.CFUNCTYPE(None, ctypes.c_void_p)(free)) if handle else None


def _cpu_function(name: bytes) -> int | None:
    """Return the address of a function of the CPU backend, loaded at run time or not."""
    library = _library()
    device_of = library.ggml_backend_dev_by_type
    device_of.argtypes, device_of.restype = [ctypes.c_int], ctypes.c_void_p
    registry_of = library.ggml_backend_dev_backend_reg
    registry_of.argtypes, registry_of.restype = [ctypes.c_void_p], ctypes.c_void_p
    address_of = library.ggml_backend_reg_get_proc_address
    address_of.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    address_of.restype = ctypes.c_void_p
    device = device_of(_CPU_DEVICE)
    address: int | None = address_of(registry_of(device), name) if device else None
    return address


def _library() -> Any:
    return llama._lib  # noqa: SLF001 - the only handle through which its dependencies are found
