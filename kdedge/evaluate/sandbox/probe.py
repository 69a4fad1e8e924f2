"""Which sandbox this machine allows, found out by entering it, not by reading settings."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.sandbox.fresh import fresh_environment, fresh_python
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel


def chosen_level(*, wanted: SandboxLevel | None, allow_weak: bool) -> SandboxLevel:
    """Return ``wanted``, or the strongest level this machine allows.

    Raises:
        KdedgeError: There is none, it is weak and that was not allowed, or ``wanted`` fails.
    """
    if wanted is not None and not _holds(wanted):
        raise KdedgeError(
            f"This machine does not allow sandbox level {wanted}.",
            hint="Leave the level out to use the strongest one that works.",
        )
    level = wanted or probe_level()
    if level is None:
        raise KdedgeError(
            f"There is no sandbox for model code on {sys.platform}: it takes Linux's Landlock, "
            "seccomp and resource limits.",
            hint="Judge on Linux; a container or a virtual machine is enough.",
        )
    if level is SandboxLevel.L1 and not allow_weak:
        raise KdedgeError(
            "This machine only allows a weak sandbox (no Landlock or no seccomp)."
            if wanted is None
            else "Sandbox level L1 is weak: programs could read and change the user's files.",
            hint="Use a kernel of 5.13 or later, or accept the risk with --allow-weak-sandbox.",
        )
    return level


@cache
def probe_level() -> SandboxLevel | None:
    """Return the strongest level that works here, ``None`` where there is none."""
    return next((level for level in SandboxLevel if _holds(level)), None)


@cache
def _holds(level: SandboxLevel) -> bool:
    """Return whether a fresh process can enter ``level``, and is confined there."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="kdedge-probe-") as folder:
        found = subprocess.run(
            fresh_python("kdedge.evaluate.sandbox.probe", level, folder),
            check=False,
            env=fresh_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return found.returncode == 0


def main() -> None:
    """Enter a level and leave with 0 only if what it promises is so."""
    from kdedge.evaluate.sandbox.enter import prepare
    from kdedge.evaluate.sandbox.namespaces import leave_shared

    level, folder = SandboxLevel(sys.argv[1]), Path(sys.argv[2]).resolve()
    if level is SandboxLevel.L3:
        leave_shared()
        first = os.fork()
        if first:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) != 0)
        assert os.getpid() == 1
    prepare(level, limits=Limits(), folder=folder).enter()
    (folder / "written").write_text("x")
    forbidden = () if level is SandboxLevel.L1 else _FORBIDDEN
    os._exit(0 if all(_is_denied(attempt) for attempt in forbidden) else 1)


_FORBIDDEN: tuple[Callable[[], object], ...] = (
    os.fork,
    socket.socket,
    lambda: os.kill(os.getppid(), 0),
    lambda: list(Path("/etc").iterdir()),
    lambda: os.open("/kdedge-probe", os.O_WRONLY | os.O_CREAT),
)


def _is_denied(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    return False


if __name__ == "__main__":
    main()
