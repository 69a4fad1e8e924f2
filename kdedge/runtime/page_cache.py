"""How much of a file the operating system holds in memory, and a request to let go of it.

Loading a model that is cached and one that is not are two different measurements.
"""

import ctypes
import mmap
import os
import sys
from pathlib import Path

_RESIDENT = 1


def cached_fraction(path: Path) -> float | None:
    """Return the share of the pages of ``path`` that are in memory; ``None`` when unknown.

    Raises:
        OSError: The file cannot be opened.
    """
    if sys.platform != "linux":
        return None
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            return None
        # A private writable mapping: ctypes only gives the address of what could be written.
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY) as mapped:
            pages = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
            start = ctypes.c_char.from_buffer(mapped)
            mincore = ctypes.CDLL(None).mincore
            mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
            failed = mincore(ctypes.addressof(start), size, ctypes.addressof(pages))
            del start  # it would keep the mapping open
    return None if failed else sum(page & _RESIDENT for page in pages) / len(pages)


def drop_from_cache(path: Path) -> bool:
    """Ask the kernel to forget the pages of ``path``; return whether it could be asked.

    Pages that another process maps stay; ``cached_fraction`` tells what came of it.

    Raises:
        OSError: The file cannot be opened.
    """
    if not hasattr(os, "posix_fadvise"):
        return False
    with path.open("rb") as file:
        os.fsync(file.fileno())  # only clean pages are dropped
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return True
