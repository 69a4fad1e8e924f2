"""Landlock: the kernel lets this process see the standard library and one folder, nothing else.

Numbers and bits are those of the kernel's ``linux/landlock.h``; what an older kernel does not
know is left out by its ABI version.
"""

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from kdedge.evaluate.sandbox.system import PR_SET_NO_NEW_PRIVS, prctl, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_ALL_OF_FIRST_ABI = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_NET_TCP = 0b11
_SCOPE_ALL = 0b11
_READ = _EXECUTE | _READ_FILE | _READ_DIR
# Plain files and folders; no links, devices, pipes or sockets.
_OWN_FOLDER = (
    _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _REFER
    | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE
)  # fmt: skip

_SYSTEM_READABLE = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo")
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")
_DEVICES = ("/dev/urandom", "/dev/random", "/dev/null", "/dev/zero")


def ruleset(folder: Path, *, libraries: Iterable[Path]) -> int:
    """Return a handle on the rules: Python's own folders and ``libraries`` read, ``folder`` used.

    Made once; each child then takes it on with ``restrict``.

    Raises:
        OSError: The kernel has no Landlock or refuses.
    """
    abi = syscall(_CREATE_RULESET, 0, 0, _VERSION_QUERY)
    handled = _handled(abi)
    attributes = (ctypes.c_uint64 * 3)(
        handled, _NET_TCP if abi >= 4 else 0, _SCOPE_ALL if abi >= 6 else 0
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    handle = syscall(_CREATE_RULESET, ctypes.addressof(attributes), size, 0)
    for path, access in (_standard_library() | dict.fromkeys(libraries, _READ)).items():
        _allow(handle, path, access)
    for device in _DEVICES:
        _allow(handle, Path(device), _READ_FILE | _WRITE_FILE)
    _allow(handle, folder, _OWN_FOLDER & handled)
    return handle


def restrict(handle: int) -> None:
    """Put this process under the rules of ``handle`` for good.

    Raises:
        OSError: The kernel refuses.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(_RESTRICT_SELF, handle, 0)
    os.close(handle)


def _standard_library() -> dict[Path, int]:
    """Return what may be done with Python's modules and the system's shared libraries.

    Installed packages are left out: among them lie benchmarks with their answers.
    """
    standard = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    hidden = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    hidden |= {folder / name for folder in standard for name in _PACKAGE_FOLDERS}
    shared = {file for folder in standard for file in folder.parent.glob("lib*.so*")}
    found = standard | shared | {Path(path) for path in _SYSTEM_READABLE}
    rules: dict[Path, int] = {}
    for path in sorted({path.resolve() for path in found if path.exists()}):
        rules |= _around({path.resolve() for path in hidden}, path)
    return rules


def _around(hidden: set[Path], path: Path) -> dict[Path, int]:
    """Return rules that open ``path`` but of what is ``hidden`` below it only the names."""
    if path in hidden:
        return {}
    if not any(one.is_relative_to(path) for one in hidden):
        return {path: _READ}
    rules = {path: _READ_DIR}
    for entry in path.iterdir():
        rules |= _around(hidden, entry)
    return rules


def _handled(abi: int) -> int:
    bits = _ALL_OF_FIRST_ABI
    for needed, bit in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if abi >= needed:
            bits |= bit
    return bits


def _allow(handle: int, path: Path, access: int) -> None:
    if not path.is_dir():
        access &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = access.to_bytes(8, sys.byteorder) + opened.to_bytes(4, sys.byteorder)
        buffer = ctypes.create_string_buffer(rule, 12)
        syscall(_ADD_RULE, handle, _PATH_BENEATH, ctypes.addressof(buffer), 0)
    finally:
        os.close(opened)
