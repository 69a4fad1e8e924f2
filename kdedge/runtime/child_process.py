"""A child of our own that holds native code: JSON lines on its pipes, its death told in words.

It ends by itself when its input ends, so it never outlives the program that started it.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn, Self

from kdedge.core.errors import KdedgeError

_PATIENCE_S = 5.0
"""How long a child may take to end by itself before it is killed."""
_LAST_WORDS_BYTES = 4000
_UNKNOWN_HINT = "Run again with --debug to see what it printed."
_DEATHS = {
    "SIGKILL": (
        "was killed, most likely because memory ran out",
        "Close other programs, or use a smaller model, a smaller --context or fewer sequences.",
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


class ChildProcess:
    """One child; a context manager that never leaves it behind."""

    def __init__(
        self, module: str, *, name: str, protocol: int, environment: Mapping[str, str]
    ) -> None:
        """Start ``python -m module`` and wait for its ``hello``.

        Args:
            module: What runs in the child.
            name: What error messages call it.
            protocol: What its ``hello`` must say.
            environment: Variables for the child; what the user has set goes first.

        Raises:
            KdedgeError: It does not come up, or is of another version.
        """
        self.name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # Without the first an abort starts a debugger to print where it happened.
            env={"GGML_NO_BACKTRACE": "1", **environment, **os.environ},
            # Ctrl-C reaches the whole foreground group; a child ends when its input is closed.
            start_new_session=True,
        )
        try:
            self._greet(protocol)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process to watch."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message.

        Raises:
            KdedgeError: The child died.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._explain_death()

    def read(self) -> dict[str, Any]:
        """Return the next message.

        Raises:
            KdedgeError: The child says that something is wrong, or it died.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            self._explain_death()
        message: dict[str, Any] = json.loads(line)
        if message["op"] == "error":
            raise KdedgeError(message["problem"], hint=message["hint"], detail=message["detail"])
        return message

    def close(self) -> None:
        """End the child: it goes as soon as its input ends, and by force if it does not."""
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

    def _greet(self, protocol: int) -> None:
        if self.read().get("protocol") != protocol:
            raise KdedgeError(
                f"{self.name} is of another version of kdedge.", hint="Install kdedge again."
            )

    def _explain_death(self) -> NoReturn:
        code = self._process.wait()
        self._errors.seek(0)
        last_words = self._errors.read()[-_LAST_WORDS_BYTES:].decode("utf-8", "replace")
        way, hint = describe_death(code)
        raise KdedgeError(f"{self.name} {way}.", hint=hint, detail=last_words)


def describe_death(code: int) -> tuple[str, str]:
    """Return what the exit ``code`` of a process means, and what to do about it."""
    if code >= 0:
        return f"ended with code {code}", _UNKNOWN_HINT
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return _DEATHS.get(name, (f"was ended by {name}", _UNKNOWN_HINT))
