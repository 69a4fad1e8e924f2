"""Namespaces: no network, no other processes, no shared memory, a private folder in memory.

They are made once for a judge's fork server and inherited by its children: making them for each
child costs more than running a program, and the children can neither open sockets nor start
processes that could meet in them.
"""

import os
from pathlib import Path

from kdedge.evaluate.sandbox.system import mount, unmount, unshare

_NEW_MOUNT, _NEW_UTS, _NEW_IPC = 0x0002_0000, 0x0400_0000, 0x0800_0000
_NEW_USER, _NEW_PID, _NEW_NET = 0x1000_0000, 0x2000_0000, 0x4000_0000
_NO_SUID, _NO_DEVICES, _RECURSIVE, _PRIVATE = 2, 4, 0x4000, 1 << 18
_FOLDER_OPTIONS = "size=64m,nr_inodes=4096,mode=700"


def leave_shared() -> None:
    """Give this process namespaces of its own; its next child is the first process in them.

    Raises:
        OSError: The machine does not allow it.
    """
    user, group = os.geteuid(), os.getegid()
    unshare(_NEW_USER | _NEW_PID | _NEW_NET | _NEW_MOUNT | _NEW_IPC | _NEW_UTS)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def keep_in_memory(folder: Path) -> None:
    """Lay a small file system in memory over ``folder``, seen in these namespaces only.

    Raises:
        OSError: The machine does not allow it.
    """
    mount(None, Path("/"), flags=_RECURSIVE | _PRIVATE)
    mount("tmpfs", folder, flags=_NO_SUID | _NO_DEVICES, options=_FOLDER_OPTIONS)


def forget(folder: Path) -> None:
    """Take the file system in memory away from ``folder`` again.

    Raises:
        OSError: There is none.
    """
    unmount(folder)
