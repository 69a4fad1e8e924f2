"""A load that is not wanted any more: llama.cpp's own way out, at its next tensor."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from kdedge.runtime.engine import Engine
from kdedge.runtime.model import LoadCancelled
from kdedge.runtime.options import LoadOptions
from kdedge.runtime.worker import Worker
from tests.kdedge.runtime.worker_process import generate, load
from tests.tiny_model import endless_weights, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf", endless_weights())


class Talk:
    """Both ends of a worker in this process; the first word of progress is held back.

    llama.cpp waits for that word, so the load cannot be over before the cancel is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loading = threading.Event()
        self._cancelled = threading.Event()
        self._over = threading.Event()
        self.answers: list[dict[str, Any]] = []

    def orders(self) -> Iterator[str]:
        yield json.dumps(load(self._path))
        self._loading.wait(60)
        yield json.dumps({"op": "cancel"})
        self._cancelled.set()  # the next line is asked for when this one has been heard
        yield json.dumps(load(self._path))
        yield json.dumps(generate("x", max_tokens=2))
        self._over.wait(60)

    def write(self, line: str) -> None:
        self.answers.append(json.loads(line))
        if self.answers[-1]["op"] == "progress" and not self._loading.is_set():
            self._loading.set()
            self._cancelled.wait(60)
        if self.answers[-1]["op"] == "stat":
            self._over.set()

    def flush(self) -> None:
        pass


def test_a_cancel_ends_a_load_and_the_next_one_succeeds(model: Path) -> None:
    talk = Talk(model)
    Worker(cast("Any", talk.orders()), cast("Any", talk)).run()
    told = [each["op"] for each in talk.answers if each["op"] != "progress"]
    assert told == ["hello", "error", "load", "done", "stat", "bye"]
    error = next(each for each in talk.answers if each["op"] == "error")
    assert error["cancelled"] is True
    assert "tiny.gguf was cancelled" in error["problem"]


def test_a_listener_that_does_not_want_to_go_on_ends_the_load(model: Path) -> None:
    heard: list[float] = []

    def refuse(fraction: float) -> bool:
        heard.append(fraction)
        return False

    with pytest.raises(LoadCancelled):
        Engine(model, options=LoadOptions(), on_progress=refuse)
    assert len(heard) == 1
