"""Stands for ``kdedge`` in tests of Home: gives what was recorded of the real one.

``FAKE_HOME`` says how it behaves: ``hang`` waits to be stopped, ``fail`` fails.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from kdedge_gui.shots.scene import RECORDED

_HOME = RECORDED / "home"


def main() -> int:
    words = sys.argv[1:]
    target = Path(words[words.index("--json") + 1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    behaviour = os.environ.get("FAKE_HOME", "")
    if words[0] == "doctor":
        return _doctor(target, behaviour)
    events = (_HOME / "check.jsonl").read_text(encoding="utf-8").splitlines()
    if behaviour == "fail":
        _say((_HOME / "failed.jsonl").read_text(encoding="utf-8"))
        return 1
    if behaviour == "hang":
        _say("\n".join(events[:20]))
        signal.pause()
    _say("\n".join(events))
    shutil.copy(_HOME / "profile.json", target)
    return 0


def _doctor(target: Path, behaviour: str) -> int:
    if behaviour == "fail":
        sys.stderr.write("error: llama.cpp cannot be asked.\nhint: Install it again.\n")
        return 1
    shutil.copy(_HOME / "doctor.json", target)
    return 0


def _say(lines: str) -> None:
    sys.stdout.write(lines + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
