"""The child process that holds a model: ``python -m kdedge.runtime.worker``, JSON lines on stdio.

A native abort kills this process only; ``kdedge.runtime.client`` turns its death into a sentence.
It ends by itself when its standard input ends, so it never outlives the program that started it.
"""

import json
import os
import queue
import sys
import threading
from pathlib import Path
from time import perf_counter
from typing import TextIO

from kdedge.core.errors import KdedgeError
from kdedge.runtime.engine import Engine
from kdedge.runtime.wire import (
    PROTOCOL,
    Message,
    completion_message,
    read_options,
    read_requests,
    to_line,
)


class Worker:
    """Reads orders, answers them one after another; ``cancel`` overtakes the running one."""

    def __init__(self, orders: TextIO, answers: TextIO) -> None:
        self._orders = orders
        self._answers = answers
        self._queue: queue.Queue[Message | None] = queue.Queue()
        self._engine: Engine | None = None

    def run(self) -> None:
        """Answer orders until ``bye`` or the end of input."""
        self._say({"op": "hello", "protocol": PROTOCOL, "pid": os.getpid()})
        threading.Thread(target=self._listen, daemon=True).start()
        while (order := self._queue.get()) is not None:
            try:
                self._answer(order)
            except KdedgeError as error:
                self._say(
                    {
                        "op": "error",
                        "problem": error.problem,
                        "hint": error.hint,
                        "detail": error.detail,
                    }
                )
        if self._engine is not None:
            self._engine.close()
        self._say({"op": "bye"})

    def _listen(self) -> None:
        for line in self._orders:
            order = json.loads(line)
            if order.get("op") == "bye":
                break
            if order.get("op") == "cancel":
                self._cancel()
            else:
                self._queue.put(order)
        self._cancel()
        self._queue.put(None)

    def _cancel(self) -> None:
        if self._engine is not None:
            self._engine.cancel()

    def _answer(self, order: Message) -> None:
        if order.get("op") == "load":
            self._load(order)
        elif order.get("op") == "generate":
            self._generate(order)
        else:
            raise KdedgeError(f"There is no order {order.get('op')!r}.", hint="See wire.py.")

    def _load(self, order: Message) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        start = perf_counter()
        engine = self._engine = Engine(Path(order["path"]), options=read_options(order))
        model = engine.model
        self._say(
            {
                "op": "load",
                "load_s": perf_counter() - start,
                "n_threads": engine.context.n_threads,
                "n_vocab": model.n_vocab,
                "n_ctx_train": model.n_ctx_train,
                "has_chat_template": bool(model.metadata("tokenizer.chat_template")),
            }
        )

    def _generate(self, order: Message) -> None:
        if self._engine is None:
            raise KdedgeError("No model is loaded.", hint="Send `load` first.")
        start = perf_counter()
        n_tokens = 0
        on_text = self._stream_text if order.get("stream") else None
        for completion in self._engine.generate(read_requests(order), on_text=on_text):
            n_tokens += completion.n_tokens
            self._say(completion_message(completion))
        self._say({"op": "stat", "tokens": n_tokens, "wall_s": perf_counter() - start})

    def _stream_text(self, request_id: str, text: str) -> None:
        self._say({"op": "token", "request_id": request_id, "text": text})

    def _say(self, message: Message) -> None:
        self._answers.write(to_line(message))
        self._answers.flush()


def main() -> None:
    """Serve on stdin and stdout; native prints to fd 1 go to stderr instead."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    Worker(sys.stdin, answers).run()


if __name__ == "__main__":
    main()
