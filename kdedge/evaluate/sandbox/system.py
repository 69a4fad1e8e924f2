"""The few system calls that Python does not offer, by ctypes."""

import ctypes
import os
import platform
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_DETACH = 2

MACHINE = platform.machine()


def prctl(option: int, argument: int, pointer: int = 0) -> None:
    """Call prctl.

    Raises:
        OSError: The kernel refuses.
    """
    _check(_libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(pointer), 0, 0))


def syscall(number: int, *arguments: int) -> int:
    """Make a raw system call.

    Raises:
        OSError: The kernel refuses.
    """
    return _check(_libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments)))


def unshare(flags: int) -> None:
    """Leave namespaces shared with the parent.

    Raises:
        OSError: The kernel refuses.
    """
    _check(_libc.unshare(flags))


def mount(kind: str | None, target: Path, *, flags: int, options: str = "") -> None:
    """Mount a file system of ``kind``, or change how ``target`` is mounted.

    Raises:
        OSError: The kernel refuses.
    """
    name = kind.encode() if kind else None
    _check(_libc.mount(name, os.fsencode(target), name, ctypes.c_ulong(flags), options.encode()))


def unmount(target: Path) -> None:
    """Take away the file system at ``target``, even while it is in use.

    Raises:
        OSError: The kernel refuses.
    """
    _check(_libc.umount2(os.fsencode(target), _DETACH))


def drop_capabilities() -> None:
    """Give up all capabilities: root without them is an ordinary user of root's files.

    Raises:
        OSError: The kernel refuses.
    """
    capset = 126 if MACHINE == "x86_64" else 91
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    syscall(capset, ctypes.addressof(header), ctypes.addressof(nothing))


def _check(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
