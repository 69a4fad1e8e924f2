"""The parent's side of a timing process: starts it, asks it, and says in words how it died."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Self

from kdedge.core.errors import KdedgeError

PROTOCOL = 1
_PATIENCE_S = 5.0
_LAST_WORDS_BYTES = 4000
_UNKNOWN_HINT = "Run again with --debug to see what it printed."
_DEATHS = {
    "SIGKILL": (
        "was killed, most likely because memory ran out",
        "Close other programs, or use a smaller model or --context.",
    ),
    "SIGILL": (
        "met an instruction this CPU does not have",
        "Install llama-cpp-python again so that it is compiled on this machine.",
    ),
    "SIGABRT": (
        "was ended by llama.cpp, which found something it cannot handle",
        "Check the file with `kdedge models show`; --debug shows llama.cpp's words.",
    ),
    "SIGSEGV": (
        "crashed inside llama.cpp",
        "Check the file with `kdedge models show`; --debug shows llama.cpp's words.",
    ),
    "SIGBUS": (
        "lost the model file while reading it",
        "The file was changed or cut short while in use: restore it and run again.",
    ),
}


class TimingClient:
    """One timing process; a context manager that never leaves it behind."""

    def __init__(self, model_path: Path) -> None:
        """Start the process.

        Args:
            model_path: What it will measure, for error messages; nothing is loaded yet.

        Raises:
            KdedgeError: It does not come up.
        """
        self._name = f"The process that measures {model_path.name}"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kdedge.runtime.raw_timing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # Without this an abort starts a debugger to print where it happened.
            env={**os.environ, "GGML_NO_BACKTRACE": "1"},
        )
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process to watch."""
        return self._process.pid

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send one order and wait for its answer.

        Raises:
            KdedgeError: The process says so, or it died.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._explain_death()
        return self._read()

    def close(self) -> None:
        """End the process: it goes as soon as its input ends, and by force if it does not."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # it is gone already
                self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _greet(self) -> None:
        if self._read().get("protocol") != PROTOCOL:
            raise KdedgeError(
                "The timing process is of another version of kdedge.",
                hint="Install kdedge again.",
            )

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            self._explain_death()
        answer: dict[str, Any] = json.loads(line)
        if answer["op"] == "error":
            raise KdedgeError(answer["problem"], hint=answer["hint"], detail=answer["detail"])
        return answer

    def _explain_death(self) -> NoReturn:
        code = self._process.wait()
        self._errors.seek(0)
        last_words = self._errors.read()[-_LAST_WORDS_BYTES:].decode("utf-8", "replace")
        way, hint = describe_death(code)
        raise KdedgeError(f"{self._name} {way}.", hint=hint, detail=last_words)


def describe_death(code: int) -> tuple[str, str]:
    """Return what the exit ``code`` of a process means, and what to do about it."""
    if code >= 0:
        return f"ended with code {code}", _UNKNOWN_HINT
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return _DEATHS.get(name, (f"was ended by {name}", _UNKNOWN_HINT))
