"""The rows of the store, as values."""

from collections.abc import Mapping
from dataclasses import dataclass

from kdedge.core.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of one verb."""

    run_id: str
    """Readable and sortable: date, time (UTC), verb, four random digits."""
    verb: str
    key: str
    """Equal for runs that may resume one another: model, suite and settings."""
    status: str
    """``running``, ``done``, ``interrupted`` or ``failed``."""
    created_at: str
    """UTC, ISO 8601."""
    updated_at: str
    subject: Mapping[str, Json]
    """What was asked: model, suite, settings, machine, software."""
    document: Mapping[str, Json] | None
    """The finished result document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRow:
    """What the model wrote for one sample of one problem."""

    run_id: str
    task_id: str
    sample: int
    seed: int
    prompt_sha256: str
    text: str
    n_prompt_tokens: int
    n_tokens: int
    finish_reason: str
    ttft_s: float | None
    decode_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """What the judge says about one sample of one problem."""

    run_id: str
    task_id: str
    sample: int
    verdict: str
    detail: str
    program: str
    """The code that was run, taken from the completion."""
    flags: str
    """Comma separated; may be empty."""
    wall_s: float
    cpu_s: float | None
    base_verdict: str | None = None
    """Verdict on the suite's first tests, for suites that have more."""
    plus_verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementRow:
    """One measured value of one repetition."""

    run_id: str
    name: str
    repetition: int
    value: Json
