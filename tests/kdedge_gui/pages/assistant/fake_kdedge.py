"""Stands for ``kdedge sandbox run``: the program's text says how it ends."""

import json
import sys
import time
from pathlib import Path
from typing import Any


def document(stdout: str) -> dict[str, Any]:
    stream = {"text": stdout, "n_bytes": len(stdout), "cut": False}
    return {
        "schema": "kdedge.sandbox/1",
        "level": "L4",
        "timeout_s": 10.0,
        "wall_s": 0.1,
        "cpu_s": 0.1,
        "exit_code": 0,
        "signal": None,
        "timed_out": False,
        "stdout": stream,
        "stderr": {"text": "", "n_bytes": 0, "cut": False},
        "ending": "exit code 0",
        "file": "program.py",
    }


def main(arguments: list[str]) -> int:
    text = Path(arguments[2]).read_text(encoding="utf-8").strip()
    target = Path(arguments[arguments.index("--json") + 1])
    if text == "wait":
        time.sleep(600)
    if text == "refuse":
        sys.stderr.write("error: There is no sandbox here.\nhint: Use Linux.\n")
        return 1
    written = document("\x1b[31mred" if text == "hide" else f"echo: {text}")
    if text == "other":
        written = {"schema": "other"}
    target.write_text(json.dumps(written), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
