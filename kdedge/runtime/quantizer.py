"""The child that calls llama.cpp's quantiser: ``python -m kdedge.runtime.quantizer``.

The quantiser may abort the process, so it gets one of its own. Orders are JSON lines on stdin
(``QuantizeOrder``); each is answered by a ``tensor`` line for every tensor whose turn begins, then
by ``plan`` (dry run), ``done`` or ``failed``. When its input ends, whatever the reason, it removes
the file it was writing and is gone, even in the middle of a tensor.
"""

import ctypes
import json
import mmap
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from kdedge.runtime.lean_import import import_bindings_only
from kdedge.runtime.quantizer_log import QuantizerLog

PROTOCOL = 1


class Quantizer:
    """Carries out one order after another."""

    def __init__(self, answers: TextIO) -> None:
        # Only now: the bindings must not be loaded by importing this module.
        import llama_cpp.llama_cpp as llama

        self._llama = llama
        self._answers = answers
        self._log = QuantizerLog(self._tell)
        self._callback = llama.llama_log_callback(self._hear)  # C holds on to it: keep it
        llama.llama_log_set(self._callback, ctypes.c_void_p(0))
        llama.llama_backend_init()

    def say(self, message: Mapping[str, Any]) -> None:
        """Write one line of JSON on what was fd 1."""
        self._answers.write(json.dumps(message) + "\n")
        self._answers.flush()

    def carry_out(self, order: Mapping[str, Any]) -> None:
        """Plan or quantise, and answer."""
        self._log = QuantizerLog(self._tell)
        parameters = self._llama.llama_model_quantize_default_params()
        parameters.nthread = order["n_threads"]
        parameters.ftype = order["file_type"]
        parameters.allow_requantize = order["requantize"]
        parameters.dry_run = order["target"] is None
        parameters.tt_overrides = self._overrides(order["overrides"])
        parameters.kv_overrides = self._key_values(order["key_values"])
        if order["imatrix"] is not None:
            parameters.imatrix = self._imatrix(order["imatrix"])
        source, target = os.fsencode(order["source"]), os.fsencode(order["target"] or "")
        code = self._llama.llama_model_quantize(source, target, parameters)
        if code != 0:
            self.say(
                {"op": "failed", "why": self._log.complaint, "detail": self._log.last_words()}
            )
        elif parameters.dry_run:
            tensors = [asdict(tensor) for tensor in self._log.tensors]
            fallbacks = sorted(self._log.fallbacks)
            self.say({"op": "plan", "tensors": tensors, "fallbacks": fallbacks})
        else:
            self.say({"op": "done"})

    def _hear(self, level: int, text: bytes, user_data: object) -> None:
        self._log.feed(text.decode("utf-8", "replace"))

    def _tell(self, number: int, total: int, name: str) -> None:
        self.say({"op": "tensor", "number": number, "total": total, "name": name})

    def _overrides(self, overrides: list[tuple[str, int]]) -> Any:
        """Return ``overrides`` as llama.cpp wants them: an array that ends without a pattern."""
        array = (self._llama.llama_model_tensor_override * (len(overrides) + 1))()
        for place, (pattern, number) in enumerate(overrides):
            array[place].pattern = pattern.encode()
            array[place].type = number
        return array

    def _key_values(self, key_values: Mapping[str, str | int]) -> Any:
        """Return ``key_values`` as llama.cpp wants them: an array that ends with an empty key."""
        array: Any = (self._llama.llama_model_kv_override * (len(key_values) + 1))()
        for place, (key, value) in enumerate(key_values.items()):
            array[place].key = key.encode()
            if isinstance(value, int):
                array[place].tag = self._llama.LLAMA_KV_OVERRIDE_TYPE_INT
                array[place].value.val_i64 = value
            else:
                array[place].tag = self._llama.LLAMA_KV_OVERRIDE_TYPE_STR
                array[place].value.val_str = value.encode()
        return array

    def _imatrix(self, imatrix: Mapping[str, Any]) -> Any:
        """Return the statistics of ``imatrix`` as an array that ends without a name."""
        entries = imatrix["entries"]
        array = (self._llama.llama_model_imatrix_data * (len(entries) + 1))()
        numbers = _mapped(Path(imatrix["path"]))
        for place, (name, start, length) in enumerate(entries):
            # from_buffer keeps the map alive, and the array keeps what it is given.
            values = (ctypes.c_float * length).from_buffer(numbers, 4 * start)
            array[place].name = name.encode()
            array[place].data = ctypes.cast(values, ctypes.POINTER(ctypes.c_float))
            array[place].size = length
        return array


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def main() -> None:
    """Serve on stdin and stdout; native prints to fd 1 go to stderr instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes our input
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    import_bindings_only()
    quantizer = Quantizer(answers)
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    quantizer.say({"op": "hello", "protocol": PROTOCOL, "pid": os.getpid()})
    while True:
        quantizer.carry_out(orders.get())


def _listen(orders: "queue.SimpleQueue[dict[str, Any]]") -> None:
    """Queue orders; when the input ends, leave at once and leave no unfinished file."""
    target: str | None = None
    for line in sys.stdin:
        order = json.loads(line)
        target = order["target"]
        orders.put(order)
    if target is not None:
        Path(target).unlink(missing_ok=True)
    os._exit(0)


if __name__ == "__main__":
    main()
