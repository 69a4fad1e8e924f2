"""The parent's side of a worker: starts it, sends orders, and says in words how it died."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from kdedge.core.errors import KdedgeError
from kdedge.runtime.options import Completion, LoadOptions, Request
from kdedge.runtime.wire import (
    PROTOCOL,
    Message,
    generate_message,
    load_message,
    read_completion,
    to_line,
)

_PATIENCE_S = 5.0
"""How long a worker may take to end by itself before it is killed."""

_DEATHS = {
    signal.SIGKILL: (
        "was killed, most likely because memory ran out",
        "Close other programs, or use a smaller model, --context or --parallel.",
    ),
    signal.SIGILL: (
        "met an instruction this CPU does not have",
        "Install llama-cpp-python again so that it is compiled on this machine.",
    ),
    signal.SIGABRT: (
        "was ended by llama.cpp, which found something it cannot handle",
        "Check the file with `kdedge models show`; --debug shows llama.cpp's words.",
    ),
    signal.SIGBUS: (
        "lost the model file while reading it",
        "The file was changed or deleted while in use: restore it and run again.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """What the worker says of a model it has loaded."""

    load_s: float
    n_threads: int
    n_vocab: int
    n_ctx_train: int
    has_chat_template: bool


class WorkerClient:
    """One worker process with one model; a context manager that never leaves it behind."""

    def __init__(self) -> None:
        """Start the worker.

        Raises:
            KdedgeError: It does not come up, or speaks another protocol.
        """
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._name = "The model process"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kdedge.runtime.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # OpenMP's threads spin for milliseconds after each step and would take the cores that
            # draw the next tokens (docs/performance.md).
            env={"GOMP_SPINCOUNT": "10000", **os.environ},
            text=True,
            encoding="utf-8",
            # Ctrl-C reaches the whole foreground group; the worker ends when we close its input.
            start_new_session=True,
        )
        hello = self._read()
        if hello.get("protocol") != PROTOCOL:
            self.close()
            raise KdedgeError(
                f"The worker speaks protocol {hello.get('protocol')}, this program {PROTOCOL}.",
                hint="Install kdedge again.",
            )

    @property
    def pid(self) -> int:
        """The worker's process id, for the memory sampler."""
        return self._process.pid

    def load(self, path: Path, *, options: LoadOptions) -> LoadedModel:
        """Load ``path`` in the worker.

        Raises:
            KdedgeError: It cannot be loaded, or the worker died trying.
        """
        self._name = f"The process that loads {path.name}"
        self._send(load_message(str(path), options))
        answer = self._read()
        self._name = f"The process that runs {path.name}"
        return LoadedModel(**{key: value for key, value in answer.items() if key != "op"})

    def generate(
        self,
        requests: list[Request],
        *,
        on_text: Callable[[str, str], None] | None = None,
    ) -> Iterator[Completion]:
        """Generate ``requests`` in the worker.

        Yields:
            Completions as they finish.

        Raises:
            KdedgeError: A prompt does not fit, or the worker died.
        """
        self._send(generate_message(requests, stream=on_text is not None))
        while (answer := self._read())["op"] != "stat":
            if answer["op"] == "token" and on_text is not None:
                on_text(answer["request_id"], answer["text"])
            elif answer["op"] == "done":
                yield read_completion(answer)

    def cancel(self) -> None:
        """End the running ``generate``; what it has comes back as ``cancelled``."""
        self._send({"op": "cancel"})

    def close(self) -> None:
        """End the worker: first by closing its input, then by force."""
        if self._process.stdin is not None and not self._process.stdin.closed:
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()
        except BrokenPipeError:
            self._explain_death()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            self._explain_death()
        answer: dict[str, Any] = json.loads(line)
        if answer["op"] == "error":
            raise KdedgeError(answer["problem"], hint=answer["hint"], detail=answer["detail"])
        return answer

    def _explain_death(self) -> NoReturn:
        code = self._process.wait()
        self._errors.seek(0)
        last_words = self._errors.read()[-4000:].decode("utf-8", "replace")
        way, hint = f"ended with code {code}", "Run again with --debug to see what it printed."
        if code < 0:
            way, hint = _DEATHS.get(
                signal.Signals(-code), (f"was ended by {signal.Signals(-code).name}", hint)
            )
        raise KdedgeError(f"{self._name} {way}.", hint=hint, detail=last_words)
