"""The worker's language: one JSON object a line, over pipes.

To the worker: ``load``, ``generate``, ``cancel``, ``bye``. From it: ``hello`` when it is up,
``load`` when the model is ready, ``token`` (text as it grows, if asked for), ``done`` for each
completion, ``stat`` at the end of a list of requests, ``error`` (problem and hint) and ``bye``.
"""

import json
from dataclasses import asdict
from typing import Any

from kdedge.runtime.options import Completion, LoadOptions, Prompt, Request, Sampling

PROTOCOL = 1
"""Both sides must speak the same number; ``hello`` carries it."""

Message = dict[str, Any]


def to_line(message: Message) -> str:
    """Return ``message`` as one line, its newline included."""
    return json.dumps(message, ensure_ascii=True) + "\n"


def load_message(path: str, options: LoadOptions) -> Message:
    """Return the order to load a model."""
    return {"op": "load", "path": path, "options": asdict(options)}


def generate_message(requests: list[Request], *, stream: bool) -> Message:
    """Return the order to generate ``requests``; with ``stream``, text comes as it grows."""
    return {"op": "generate", "stream": stream, "requests": [asdict(r) for r in requests]}


def read_options(message: Message) -> LoadOptions:
    """Return the options inside a ``load`` order."""
    return LoadOptions(**message["options"])


def read_requests(message: Message) -> list[Request]:
    """Return the requests inside a ``generate`` order."""
    return [_read_request(dict(raw)) for raw in message["requests"]]


def completion_message(completion: Completion) -> Message:
    """Return the ``done`` of one completion."""
    return {"op": "done", **asdict(completion)}


def read_completion(message: Message) -> Completion:
    """Return the completion inside a ``done``."""
    fields = {key: value for key, value in message.items() if key != "op"}
    fields["token_times_ns"] = tuple(fields["token_times_ns"])
    return Completion(**fields)


def _read_request(raw: dict[str, Any]) -> Request:
    raw["prompt"] = Prompt(**raw["prompt"])
    raw["sampling"] = Sampling(**raw["sampling"])
    raw["stop"] = tuple(raw["stop"])
    return Request(**raw)
