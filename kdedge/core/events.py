"""Progress of a job, as values; ``--events`` writes each as one JSON line for the app.

Library code gets a ``Sink`` and calls it; it never prints. The keys of the JSON lines are a
contract with the app: add, don't rename.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from kdedge.core.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run has an id from here on; everything after belongs to it."""

    verb: str
    run: str
    """Id of the run in the store."""
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one phase of the run is."""

    phase: str
    """What is being done, in words a user reads: ``generating``, ``judging``."""
    done: int
    total: int | None
    """``None`` when it cannot be known."""
    unit: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something the user should know that is not an error."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionMade:
    """One completion is there; a run that is resumed tells those it has already."""

    run: str
    task_id: str
    sample: int
    n_tokens: int
    ttft_s: float | None
    decode_s: float | None
    finish_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictMade:
    """One completion has been judged."""

    run: str
    task_id: str
    sample: int
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """pass@k of the completions judged so far; the last one is that of the document."""

    run: str
    n_problems: int
    """Problems with a completion that counts."""
    pass_at_k: Mapping[str, Json]
    """As in the document: for each k the value, its 95 % interval, or the reason for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One repetition of a measurement; a run that is resumed tells those it has already."""

    run: str
    name: str
    """As in the store: ``raw/tg128``, ``user/request @ d0``, ``load``, ``memory``."""
    repetition: int
    """From 0."""
    value: float
    """The number that the repetition is about."""
    unit: str
    """``tokens/s``, ``s`` or ``bytes``."""
    parts: Mapping[str, float]
    """Everything it measured, each name with its unit, as in the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run is over: ``done``, ``interrupted`` or ``failed``."""

    run: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job ended with an error; the same words as on the terminal."""

    problem: str
    hint: str


Event = (
    RunStarted
    | Progress
    | Note
    | CompletionMade
    | VerdictMade
    | Score
    | Measured
    | RunFinished
    | Failed
)
Sink = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Drop ``event``; the sink of callers who do not want progress."""


def to_json_line(event: Event) -> str:
    """Return ``event`` as one line of JSON, with its kind and the time in UTC."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"event": kind, "at": stamp, **asdict(event)}, ensure_ascii=False)
