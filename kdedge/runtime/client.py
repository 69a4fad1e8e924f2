"""The parent's side of a worker: sends orders, gets completions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kdedge.runtime.child_process import ChildProcess
from kdedge.runtime.options import Completion, LoadOptions, Request
from kdedge.runtime.wire import PROTOCOL, generate_message, load_message, read_completion

# OpenMP's threads spin for milliseconds after each step and would take the cores that draw the
# next tokens (docs/performance.md).
_ENVIRONMENT = {"GOMP_SPINCOUNT": "10000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """What the worker says of a model it has loaded."""

    load_s: float
    n_threads: int
    n_vocab: int
    n_ctx_train: int
    has_chat_template: bool
    has_fim: bool
    """The file names the tokens for filling a gap."""


class WorkerClient(ChildProcess):
    """One worker process with one model; a context manager that never leaves it behind."""

    def __init__(self) -> None:
        """Start the worker.

        Raises:
            KdedgeError: It does not come up, or is of another version.
        """
        super().__init__(
            "kdedge.runtime.worker",
            name="The model process",
            protocol=PROTOCOL,
            environment=_ENVIRONMENT,
        )

    def load(
        self,
        path: Path,
        *,
        options: LoadOptions,
        on_progress: Callable[[float], None] | None = None,
    ) -> LoadedModel:
        """Load ``path`` in the worker.

        Args:
            path: A GGUF file.
            options: How, and how much room its sequences get.
            on_progress: Hears the share that is loaded, 0 to 1.

        Raises:
            KdedgeError: It cannot be loaded, or the worker died trying.
        """
        self.name = f"The process that loads {path.name}"
        self.send(load_message(str(path), options))
        while (answer := self.read())["op"] != "load":
            if answer["op"] == "progress" and on_progress is not None:
                on_progress(answer["fraction"])
        self.name = f"The process that runs {path.name}"
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
        self.send(generate_message(requests, stream=on_text is not None))
        while (answer := self.read())["op"] != "stat":
            if answer["op"] == "token" and on_text is not None:
                on_text(answer["request_id"], answer["text"])
            elif answer["op"] == "done":
                yield read_completion(answer)

    def cancel(self) -> None:
        """End the running ``generate``; what it has comes back as ``cancelled``.

        Raises:
            KdedgeError: The worker died.
        """
        self.send({"op": "cancel"})
