"""The app's children in tests: fakes in place of ``kdedge`` and its worker."""

import sys
from pathlib import Path

from kdedge_gui.jobs.process import Commands

_HERE = Path(__file__).parent


def fake_commands(*, worker: str = "normal") -> Commands:
    """Return commands that start the fakes; ``worker`` says how the model process behaves."""
    python = (sys.executable, "-u")
    return Commands(
        kdedge=(*python, str(_HERE / "fake_kdedge.py")),
        worker=(*python, str(_HERE / "fake_worker.py"), worker),
    )


def is_gone(pid: int) -> bool:
    """Return whether no process has this id; a zombie is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"
