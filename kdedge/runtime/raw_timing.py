"""The child process that times: ``python -m kdedge.runtime.raw_timing``, JSON lines on stdio.

Orders, one a line: ``load`` (a model), ``context`` (sizes), ``warm_up`` and ``raw`` (llama-bench's
steps), ``cut`` and ``user`` (an assistant's steps), ``memory`` (what this process holds). Each is
answered by one line. The process ends as soon as its input does, even in the middle of a step, so
it never outlives the program that started it.
"""

import gc
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter_ns
from typing import Any, TextIO

from kdedge.core.errors import KdedgeError
from kdedge.runtime.lean_import import import_bindings_only

Message = dict[str, Any]
PROTOCOL = 1


class TimingProcess:
    """Answers orders one after another; holds one model and one context at most."""

    def __init__(self, answers: TextIO) -> None:
        # Only now: the bindings must not be loaded by importing this module.
        from kdedge.runtime import timed_model

        self._answers = answers
        self._timed = timed_model.TimedModel()

    def run(self, orders: "queue.SimpleQueue[str]") -> None:
        """Answer orders until the end of input ends the process."""
        self.say({"op": "hello", "protocol": PROTOCOL, "pid": os.getpid()})
        while True:
            order = json.loads(orders.get())
            try:
                answer = self._quietly(self._answer, order)
            except KdedgeError as error:
                answer = {
                    "op": "error",
                    "problem": error.problem,
                    "hint": error.hint,
                    "detail": error.detail,
                }
            self.say(answer)

    def say(self, message: Message) -> None:
        """Write one line of JSON on what was fd 1."""
        self._answers.write(json.dumps(message) + "\n")
        self._answers.flush()

    def _quietly(self, answer: Callable[[Message], Message], order: Message) -> Message:
        """Answer ``order`` with the garbage collector off."""
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            return answer(order)
        finally:
            gc.enable()
            gc.unfreeze()

    def _answer(self, order: Message) -> Message:
        name = order.pop("op")
        timed = self._timed
        if name == "load":
            start = perf_counter_ns()
            facts = timed.load(Path(order["path"]), n_gpu_layers=order["n_gpu_layers"])
            return {"op": name, "load_ns": perf_counter_ns() - start, **facts}
        if name == "context":
            start = perf_counter_ns()
            facts = timed.open_context(order)
            return {"op": name, "context_ns": perf_counter_ns() - start, **facts}
        if name == "warm_up":
            timed.warm_up(order)
            return {"op": name}
        if name == "raw":
            return {"op": name, **asdict(timed.raw(order))}
        if name == "cut":
            return {"op": name, "text": timed.cut(order["text"], n_tokens=order["n_tokens"])}
        if name == "user":
            return {"op": name, **asdict(timed.user(order))}
        raise ValueError(f"unknown order {name!r}")


def main() -> None:
    """Serve on stdin and stdout; native prints to fd 1 go to stderr instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    import_bindings_only()
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    TimingProcess(answers).run(orders)


def _listen(orders: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        orders.put(line)
    os._exit(0)  # the parent is gone or has no more orders; nothing here needs an orderly end


if __name__ == "__main__":
    main()
