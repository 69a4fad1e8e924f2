"""The child's side of a ``ChildProcess``: orders are JSON lines on stdin, one answer a line.

The process ends as soon as its input does, even in the middle of an order, so it never outlives
the program that started it.
"""

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kdedge.core.errors import KdedgeError

Message = dict[str, Any]
Answer = Callable[[Message], Message]


def serve(orders: Mapping[str, Answer], *, protocol: int) -> None:
    """Answer orders until the input ends; then the process is gone.

    Native prints to fd 1 go to stderr, so that they cannot corrupt the answers.

    Args:
        orders: What to do for each ``op``; gets the order, returns the fields of its answer.
        protocol: What ``hello`` says; the parent checks it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    message: Message = {"op": "hello", "protocol": protocol, "pid": os.getpid()}
    while True:
        answers.write(json.dumps(message) + "\n")
        answers.flush()
        message = _answer(orders, json.loads(lines.get()))


def _answer(orders: Mapping[str, Answer], order: Message) -> Message:
    try:
        return {"op": order["op"], **orders[order["op"]](order)}
    except KdedgeError as error:
        return {
            "op": "error",
            "problem": error.problem,
            "hint": error.hint,
            "detail": error.detail,
        }


def _listen(lines: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # the parent is gone or has no more orders; nothing here needs an orderly end
