"""The sandbox: got ready once in a fork server, then entered by each freshly forked child."""

import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kdedge.evaluate.sandbox import landlock, namespaces, seccomp
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.system import (
    PR_SET_CHILD_SUBREAPER,
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    drop_capabilities,
    prctl,
)

_MAX_OPEN_FILES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What every child of one fork server enters."""

    level: SandboxLevel
    limits: Limits
    folder: Path
    """The only folder that can be written."""
    rules: int | None
    """Handle on the Landlock rules."""
    filter: bytes
    """The seccomp filter."""

    def enter(self) -> None:
        """Put this process into the sandbox for good.

        Raises:
            OSError: The kernel refuses a part of it.
        """
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        _limit(self.limits)
        if self.rules is not None:
            landlock.restrict(self.rules)
            prctl(PR_SET_DUMPABLE, 0)
            drop_capabilities()
            seccomp.restrict(self.filter)


def prepare(
    level: SandboxLevel, *, limits: Limits, folder: Path, libraries: tuple[Path, ...] = ()
) -> Sandbox:
    """Get ``level`` ready in this process, a fork server, whose working folder changes.

    For L3 this process must be the first one after ``namespaces.leave_shared``.

    Raises:
        OSError: The machine does not allow it.
    """
    with suppress(OSError):  # when memory runs out, a program shall go first
        Path("/proc/self/oom_score_adj").write_text("1000")
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    if level is SandboxLevel.L3:
        namespaces.keep_in_memory(folder)
    os.environ.update(TMPDIR=str(folder), HOME=str(folder))
    os.fchdir(os.open(folder, os.O_RDONLY | os.O_CLOEXEC))
    weak = level is SandboxLevel.L1
    return Sandbox(
        level=level,
        limits=limits,
        folder=folder,
        rules=None if weak else landlock.ruleset(folder, libraries=libraries),
        filter=b"" if weak else seccomp.compiled_filter(),
    )


def _limit(limits: Limits) -> None:
    # SIGXCPU at the limit says why a program ended; who ignores it is killed a second later.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
