"""The parent's side of the process that samples memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from kdedge.core.errors import KdedgeError

INTERVAL_MS = 50


class SamplerClient:
    """The sampling process; a context manager that never leaves it behind."""

    def __init__(self, pid: int, model_path: Path) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kdedge.profile.memory_sampler",
                str(pid),
                str(model_path),
                str(INTERVAL_MS),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Its own process."""
        return self._process.pid

    def mark(self, name: str) -> dict[str, Any]:
        """Return what the process holds at this moment and held at most since the last mark.

        Raises:
            KdedgeError: The sampler died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{name}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):
            raise KdedgeError(
                f"The process that samples memory ended with code {self._process.wait()}.",
                hint="Run again with --debug to see what it printed.",
            )
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
