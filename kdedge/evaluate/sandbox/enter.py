"""What a freshly forked child does before it runs model code."""

import os
import resource
import signal
from pathlib import Path

from kdedge.evaluate.sandbox import landlock, seccomp
from kdedge.evaluate.sandbox.level import Limits, SandboxLevel
from kdedge.evaluate.sandbox.system import (
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    drop_capabilities,
    prctl,
    unshare,
)

_NEW_UTS, _NEW_IPC, _NEW_USER, _NEW_NET = 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x4000_0000
_MAX_OPEN_FILES = 64


def enter(level: SandboxLevel, *, limits: Limits, folder: Path) -> None:
    """Put this process into the sandbox for good; ``folder`` becomes its working directory.

    Raises:
        OSError: The kernel refuses a part of it.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.fchdir(os.open(folder, os.O_RDONLY | os.O_CLOEXEC))
    os.environ.clear()
    os.environ.update(TMPDIR=str(folder), HOME=str(folder), OPENBLAS_NUM_THREADS="1")
    _limit(limits)
    if level is SandboxLevel.L3:
        unshare(_NEW_USER | _NEW_NET | _NEW_IPC | _NEW_UTS)
    if level is not SandboxLevel.L1:
        landlock.restrict(folder)
        prctl(PR_SET_DUMPABLE, 0)
        drop_capabilities()
        seccomp.restrict()


def _limit(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    # Python's default for SIGXFSZ is to ignore it; a write past the limit is then an error.
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
