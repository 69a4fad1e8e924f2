"""A worker process as the app drives it: lines in, lines out, nothing waits for anything."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

CONTEXT_TOKENS = 16_384


class WorkerProcess:
    """A context manager; orders are written together, answers read until one is found."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kdedge.runtime.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.heard: list[dict[str, Any]] = []

    def send(self, *orders: dict[str, Any] | str) -> None:
        """Write ``orders`` at once; a text is written as it is."""
        assert self._process.stdin is not None
        lines = (each if isinstance(each, str) else json.dumps(each) for each in orders)
        self._process.stdin.write("".join(line + "\n" for line in lines))
        self._process.stdin.flush()

    def until(self, op: str) -> dict[str, Any]:
        """Return the next answer called ``op``; those before it are in ``heard`` with it.

        Raises:
            AssertionError: The worker ended first.
        """
        assert self._process.stdout is not None
        self.heard = []
        for line in self._process.stdout:
            self.heard.append(json.loads(line))
            if self.heard[-1]["op"] == op:
                return self.heard[-1]
        raise AssertionError(f"it ended without saying {op!r}: {self.heard}")

    def said(self, op: str) -> list[dict[str, Any]]:
        """Return the answers called ``op`` among those of the last ``until``."""
        return [each for each in self.heard if each["op"] == op]

    def end_of_input(self) -> int:
        """Close the input and return the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:  # closes the pipes and waits
            self._process.kill()


def load(path: Path, **more: Any) -> dict[str, Any]:
    """Return the order to load ``path`` for one sequence."""
    options = {"context_tokens": CONTEXT_TOKENS, "alone": True, "n_threads": 1}
    return {"op": "load", "path": str(path), "options": options, **more}


def generate(*request_ids: str, max_tokens: int = 100_000, stream: bool = False) -> dict[str, Any]:
    """Return the order for completions that end when the context is full, or by a cancel."""
    requests = [
        {"request_id": each, "prompt": {"text": "def f(x):"}, "max_tokens": max_tokens}
        for each in request_ids
    ]
    return {"op": "generate", "stream": stream, "requests": requests}
