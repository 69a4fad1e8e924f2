"""Landlock: the kernel lets this process see the standard library and one folder, nothing else.

Numbers and bits are those of the kernel's ``linux/landlock.h``; what an older kernel does not
know is left out by its ABI version.
"""

import ctypes
import os
import sys
import sysconfig
from pathlib import Path

from kdedge.evaluate.sandbox.system import PR_SET_NO_NEW_PRIVS, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FIRST_ABI_FS_BITS = 13
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_NET_TCP = 0b11
_SCOPE_ALL = 0b11
_READ = _EXECUTE | _READ_FILE | _READ_DIR

_SYSTEM_READABLE = ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime")
_DEVICES_READABLE = ("/dev/urandom", "/dev/random", "/dev/null", "/dev/zero")


def restrict(folder: Path) -> None:
    """Confine this process: reads from Python's own folders, reads and writes below ``folder``.

    Raises:
        OSError: The kernel has no Landlock or refuses.
    """
    abi = syscall(_CREATE_RULESET, 0, 0, _VERSION_QUERY)
    handled = _handled(abi)
    attributes = (ctypes.c_uint64 * 3)(
        handled, _NET_TCP if abi >= 4 else 0, _SCOPE_ALL if abi >= 6 else 0
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = syscall(_CREATE_RULESET, ctypes.addressof(attributes), size, 0)
    try:
        for path in readable_paths():
            _allow(ruleset, path, _READ & handled)
        for device in _DEVICES_READABLE:
            _allow(ruleset, Path(device), (_READ_FILE | _WRITE_FILE) & handled)
        _allow(ruleset, folder, handled & ~_EXECUTE)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def readable_paths() -> set[Path]:
    """Return the folders of Python, its installed packages and the system's shared libraries."""
    python = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    python.add(str(Path(sys.base_prefix) / "lib"))
    return {Path(p) for p in (*python, *_SYSTEM_READABLE) if Path(p).exists()}


def _handled(abi: int) -> int:
    bits = (1 << _FIRST_ABI_FS_BITS) - 1
    for needed, bit in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if abi >= needed:
            bits |= bit
    return bits


def _allow(ruleset: int, path: Path, access: int) -> None:
    if not path.is_dir():
        access &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = access.to_bytes(8, sys.byteorder) + handle.to_bytes(4, sys.byteorder)
        buffer = ctypes.create_string_buffer(rule, 12)
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.addressof(buffer), 0)
    finally:
        os.close(handle)
