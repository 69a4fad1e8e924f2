"""Which sandbox this machine allows, found out by entering it, not by reading settings."""

import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel


def chosen_level(*, wanted: SandboxLevel | None, allow_weak: bool) -> SandboxLevel:
    """Return ``wanted``, or the strongest level this machine allows.

    Raises:
        KdedgeError: There is none, it is weak and that was not allowed, or ``wanted`` fails.
    """
    if wanted is not None:
        if not _holds(wanted):
            raise KdedgeError(
                f"This machine does not allow sandbox level {wanted}.",
                hint="Leave the level out to use the strongest one that works.",
            )
        return wanted
    level = probe_level()
    if level is None:
        raise KdedgeError(
            f"There is no sandbox for model code on {sys.platform}.",
            hint="Judge on Linux; a container or a virtual machine is enough.",
        )
    if level is SandboxLevel.L1 and not allow_weak:
        raise KdedgeError(
            "This machine only allows a weak sandbox (no Landlock or no seccomp).",
            hint="Use a kernel of 5.13 or later, or accept the risk with --allow-weak-sandbox.",
        )
    return level


@cache
def probe_level() -> SandboxLevel | None:
    """Return the strongest level that works here, ``None`` where there is none."""
    if sys.platform != "linux":
        return None
    return next((level for level in SandboxLevel if _holds(level)), None)


@cache
def _holds(level: SandboxLevel) -> bool:
    """Return whether a fresh process can enter ``level``."""
    import subprocess

    with tempfile.TemporaryDirectory(prefix="kdedge-probe-") as folder:
        found = subprocess.run(
            [sys.executable, "-m", "kdedge.evaluate.sandbox.probe", level, folder],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return found.returncode == 0


def _try(level: SandboxLevel, folder: Path) -> None:
    """Enter ``level`` and leave with 0 only if what it promises is so."""
    from kdedge.evaluate.sandbox.enter import enter

    enter(level, limits=Limits(), folder=folder)
    if level is SandboxLevel.L1:
        os._exit(0)
    for forbidden in (os.fork, lambda: os.open("/etc/passwd", os.O_RDONLY)):
        try:
            forbidden()
        except PermissionError:
            continue
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    _try(SandboxLevel(sys.argv[1]), Path(sys.argv[2]))
