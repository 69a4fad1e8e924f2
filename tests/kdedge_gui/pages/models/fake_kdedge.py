"""Stands for ``kdedge`` in tests of Models: ``models pull`` and ``models verify``.

``FAKE_MODELS`` says how it behaves: ``hang`` waits in the middle of a download, ``fail`` fails,
``differs`` finds another file than was recorded.
"""

import json
import os
import signal
import sys
from pathlib import Path

_TOTAL = 98_362_432
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def main() -> int:
    words = sys.argv[1:]
    target = Path(words[words.index("--json") + 1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    behaviour = os.environ.get("FAKE_MODELS", "")
    if behaviour == "fail":
        _say(event="failed", problem="The hub cannot be reached.", hint="Try again later.")
        return 1
    act = {"pull": _pull, "verify": _verify}[words[1]]
    target.write_text(json.dumps(act(behaviour, words[2])))
    return 0


def _pull(behaviour: str, reference: str) -> dict[str, object]:
    for done in (0, _TOTAL // 2):
        _progress("downloading", done, detail="12.5 MiB/s, 4 s left")
    if behaviour == "hang":
        signal.pause()
    _progress("checking", _TOTAL)
    path = os.environ.get("FAKE_PATH", "/models/new.gguf")
    return {"schema": "kdedge.models.pull/1", "path": path, "sha256": _SHA256}


def _verify(behaviour: str, name: str) -> dict[str, object]:
    verdict = "differs" if behaviour == "differs" else "same"
    return {
        "schema": "kdedge.models.verify/1",
        "verdict": verdict,
        "name": name,
        "sha256": _SHA256,
        "recorded_sha256": "0" * 64 if verdict == "differs" else _SHA256,
        "recorded": "when it was added",
    }


def _progress(phase: str, done: int, *, detail: str = "") -> None:
    _say(event="progress", phase=phase, done=done, total=_TOTAL, unit="bytes", detail=detail)


def _say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
