"""Prints docs/cli.md, made from the live ``--help`` of every verb; ``make docs`` keeps it."""

import os
import subprocess
import sys

from kdedge.cli.main import VERBS, overview

_WIDTH = "88"


def reference() -> str:
    """Return the text of docs/cli.md."""
    parts = ["# The command line\n", _block(overview())]
    for verb in VERBS:
        parts += [f"## kdedge {verb.name}\n", _block(_help(verb.name))]
    return "\n".join(parts)


def _help(verb: str) -> str:
    """Return ``kdedge VERB --help`` as a terminal of fixed width shows it, without colours."""
    plain = {"COLUMNS": _WIDTH, "TERMINAL_WIDTH": _WIDTH, "NO_COLOR": "1", "TERM": "dumb"}
    found = subprocess.run(
        [sys.executable, "-m", "kdedge", verb, "--help"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **plain},
    )
    return "\n".join(line.rstrip() for line in found.stdout.strip().splitlines())


def _block(text: str) -> str:
    return f"```text\n{text}\n```\n"


if __name__ == "__main__":
    print(reference(), end="")
