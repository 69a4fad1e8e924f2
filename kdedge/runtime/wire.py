"""The worker's language: one JSON object a line, over pipes.

To the worker:

* ``load`` (path, options; with ``watch`` it tells its memory), ``unload``
* ``generate`` (requests; with ``stream`` it tells text and speed as they come)
* ``tokenize`` (text)
* ``cancel``: ends everything ordered before it; a load that runs, a list of requests
* ``ping``: answered at once, whatever else is going on
* ``bye``, or the end of the input

From it:

* ``hello`` (protocol, pid) when it is up, ``bye`` when it goes
* ``progress`` (phase ``loading``, fraction), then ``load``; ``unloaded``
* ``token`` (text as it grows), ``live`` (speed, room), ``done`` for each request, ``stat`` at the
  end of a list of them
* ``tokens`` (count), ``pong``, ``memory`` (rss_bytes)
* ``error`` (problem, hint, detail) instead of ``load``, ``stat``, ``tokens``; ``cancelled`` is
  true in it when that is all that happened
"""

import json
from dataclasses import asdict
from typing import Any

from kdedge.core.errors import KdedgeError
from kdedge.runtime.options import Completion, LoadOptions, Prompt, Request, Sampling, Turn

PROTOCOL = 2
"""Both sides must speak the same number; ``hello`` carries it."""

Message = dict[str, Any]


def to_line(message: Message) -> str:
    """Return ``message`` as one line, its newline included."""
    return json.dumps(message, ensure_ascii=True) + "\n"


def load_message(path: str, options: LoadOptions, *, watch: bool = False) -> Message:
    """Return the order to load a model; with ``watch``, memory is told every two seconds."""
    return {"op": "load", "path": path, "options": asdict(options), "watch": watch}


def generate_message(requests: list[Request], *, stream: bool) -> Message:
    """Return the order to generate ``requests``; with ``stream``, text comes as it grows."""
    return {"op": "generate", "stream": stream, "requests": [asdict(r) for r in requests]}


def read_order(line: str) -> Message:
    """Return the order in ``line``.

    Raises:
        ValueError: It is none.
    """
    order = json.loads(line)
    if not isinstance(order, dict) or not isinstance(order.get("op"), str):
        raise ValueError("an order is an object with a text called `op`")
    return order


def read_options(message: Message) -> LoadOptions:
    """Return the options inside a ``load`` order; what is left out is as usual."""
    return LoadOptions(**message.get("options", {}))


def read_requests(message: Message) -> list[Request]:
    """Return the requests inside a ``generate`` order; what is left out is as usual."""
    return [_read_request(dict(raw)) for raw in message["requests"]]


def completion_message(completion: Completion) -> Message:
    """Return the ``done`` of one completion."""
    return {"op": "done", **asdict(completion)}


def read_completion(message: Message) -> Completion:
    """Return the completion inside a ``done``."""
    fields = {key: value for key, value in message.items() if key != "op"}
    fields["token_times_ns"] = tuple(fields["token_times_ns"])
    return Completion(**fields)


def error_message(error: KdedgeError) -> Message:
    """Return the ``error`` that tells of ``error``."""
    told = {"problem": error.problem, "hint": error.hint, "detail": error.detail}
    return {"op": "error", **told, "cancelled": False}


def cancelled_message(what: str) -> Message:
    """Return the ``error`` that stands where the outcome of ``what`` would have stood."""
    told = {"problem": f"{what} was cancelled.", "hint": "Ask for it again.", "detail": ""}
    return {"op": "error", **told, "cancelled": True}


def _read_request(raw: dict[str, Any]) -> Request:
    prompt = dict(raw["prompt"])
    prompt["history"] = tuple(Turn(**turn) for turn in prompt.get("history", ()))
    raw["prompt"] = Prompt(**prompt)
    raw["sampling"] = Sampling(**raw.get("sampling", {}))
    raw["stop"] = tuple(raw.get("stop", ()))
    return Request(**raw)
