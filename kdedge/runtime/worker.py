"""The child process that holds a model: ``python -m kdedge.runtime.worker``, JSON lines on stdio.

A native abort kills this process only; ``kdedge.runtime.client`` turns its death into a sentence.
It ends by itself when its standard input ends, so it never outlives the program that started it.

Orders are answered one after another by the main thread. Another thread reads them, so that
``cancel`` and ``ping`` are heard while llama.cpp works.
"""

import os
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter
from typing import TextIO

from kdedge.core.errors import KdedgeError
from kdedge.runtime.engine import Engine
from kdedge.runtime.live import LoadProgress, MemoryWatch, Stream
from kdedge.runtime.model import LoadCancelled
from kdedge.runtime.wire import (
    PROTOCOL,
    Message,
    cancelled_message,
    completion_message,
    error_message,
    read_options,
    read_order,
    read_requests,
    to_line,
)


class Worker:
    """Reads orders and answers them; ``cancel`` ends all that were given before it."""

    def __init__(self, orders: TextIO, answers: TextIO) -> None:
        self._orders = orders
        self._answers = answers
        self._saying = threading.Lock()
        self._queue: queue.SimpleQueue[tuple[int, Message] | None] = queue.SimpleQueue()
        self._cancelling = threading.Lock()
        """Held where a cancel and the begin of an order must not get between one another."""
        self._n_ordered = 0
        self._n_cancelled = 0
        """So many of the first orders are not wanted any more."""
        self._number = 0
        """Of the order that is being answered."""
        self._engine: Engine | None = None
        self._watch: MemoryWatch | None = None

    def run(self) -> None:
        """Answer orders until ``bye`` or the end of input."""
        self._say({"op": "hello", "protocol": PROTOCOL, "pid": os.getpid()})
        threading.Thread(target=self._listen, daemon=True).start()
        while (taken := self._queue.get()) is not None:
            self._number, order = taken
            self._answer(order)
        self._close()
        self._say({"op": "bye"})

    def _listen(self) -> None:
        with suppress(BrokenPipeError):  # nobody listens to us: the end
            for line in self._orders:
                try:
                    order = read_order(line)
                except ValueError as error:
                    self._say(error_message(_not_understood(error)))
                    continue
                if order["op"] == "bye":
                    break
                self._hear(order)
        self._cancel()
        self._queue.put(None)

    def _hear(self, order: Message) -> None:
        if order["op"] == "ping":
            self._say({"op": "pong"})
            return
        if order["op"] in {"cancel", "unload"}:
            self._cancel()
        if order["op"] != "cancel":
            self._n_ordered += 1
            self._queue.put((self._n_ordered, order))

    def _cancel(self) -> None:
        with self._cancelling:
            self._n_cancelled = self._n_ordered
            if self._engine is not None:
                self._engine.cancel()

    def _is_wanted(self) -> bool:
        return self._number > self._n_cancelled

    def _answer(self, order: Message) -> None:
        answers = {
            "load": self._load,
            "unload": self._unload,
            "generate": self._generate,
            "tokenize": self._tokenize,
        }
        try:
            if order["op"] not in answers:
                raise KdedgeError(f"There is no order {order['op']!r}.", hint="See wire.py.")
            answers[order["op"]](order)
        except KdedgeError as error:
            self._say(error_message(error))
        except (KeyError, TypeError, ValueError) as error:
            self._say(error_message(_not_understood(error)))

    def _load(self, order: Message) -> None:
        self._close()
        path = Path(order["path"])
        options = read_options(order)
        progress = LoadProgress(self._say, go_on=self._is_wanted)
        start = perf_counter()
        try:
            engine = Engine(path, options=options, on_progress=progress.hear)
        except LoadCancelled:
            self._say(cancelled_message(f"Loading {path.name}"))
            return
        load_s = perf_counter() - start
        with self._cancelling:
            self._engine = engine
        if not self._is_wanted():
            self._close()
            self._say(cancelled_message(f"Loading {path.name}"))
            return
        self._say({"op": "load", "load_s": load_s, **_facts(engine)})
        if order.get("watch"):
            self._watch = MemoryWatch(self._say)

    def _unload(self, order: Message) -> None:
        del order  # it says all by its name
        self._close()
        self._say({"op": "unloaded"})

    def _generate(self, order: Message) -> None:
        engine = self._loaded()
        requests = read_requests(order)
        stream = Stream(self._say) if order.get("stream") else None
        start = perf_counter()
        n_tokens = 0
        with self._cancelling:
            completions = engine.generate(requests, on_token=stream.hear if stream else None)
            if not self._is_wanted():
                engine.cancel()
        for completion in completions:
            n_tokens += completion.n_tokens
            self._say(completion_message(completion))
        self._say({"op": "stat", "tokens": n_tokens, "wall_s": perf_counter() - start})

    def _tokenize(self, order: Message) -> None:
        model = self._loaded().model
        count = len(model.tokenize(str(order["text"]), special=False, add_bos=False))
        self._say({"op": "tokens", "count": count})

    def _loaded(self) -> Engine:
        if self._engine is None:
            raise KdedgeError("No model is loaded.", hint="Send `load` first.")
        return self._engine

    def _close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        with self._cancelling:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def _say(self, message: Message) -> None:
        line = to_line(message)
        with self._saying:
            self._answers.write(line)
            self._answers.flush()


def _facts(engine: Engine) -> Message:
    model = engine.model
    return {
        "n_threads": engine.context.n_threads,
        "n_vocab": model.n_vocab,
        "n_ctx_train": model.n_ctx_train,
        "has_chat_template": bool(model.metadata("tokenizer.chat_template")),
        "has_fim": model.fim_tokens() is not None,
    }


def _not_understood(error: Exception) -> KdedgeError:
    return KdedgeError(
        f"An order is not understood: {error!r}.",
        hint="Both sides must be of one version of kdedge.",
        detail=traceback.format_exc(),
    )


def main() -> None:
    """Serve on stdin and stdout; native prints to fd 1 go to stderr instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    orders = TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        Worker(orders, answers).run()
    except BrokenPipeError:
        os._exit(1)  # the parent is gone; nothing here needs an orderly end


if __name__ == "__main__":
    main()
