"""How long a benchmark will take and how much memory it needs: a guess, and what it stands on.

Pure arithmetic on earlier runs. Where nothing is known, it says so rather than make a number up.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from kdedge_gui.numbers import number_text, rate_text
from kdedge_gui.pages.benchmark.past import Past, PastEvaluation
from kdedge_gui.pages.benchmark.plan import (
    ModelChoice,
    Plan,
    Settings,
    SuiteChoice,
    problems_of,
)
from kdedge_gui.translate import tr

_T = TypeVar("_T")
_LONGEST_PROFILE_S = 3600.0
"""A longer one was stopped in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGuess:
    """How long one job takes."""

    seconds: float | None
    """``None``: not known yet."""
    basis: str
    """What the guess stands on, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryGuess:
    """How much memory one model takes while it is benchmarked."""

    needs_bytes: int | None
    available_bytes: int | None
    basis: str
    fit: str = ""
    """``fits``, ``tight`` or ``short``; empty where it is not known."""
    short_by_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGuess:
    """The whole plan."""

    seconds: float | None
    """Of the jobs that could be guessed; ``None`` when none could."""
    n_unknown: int
    """Jobs whose time is not known yet."""
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    value: float
    basis: str


def plan_guess(plan: Plan, past: Past) -> PlanGuess:
    """Return how long all jobs of ``plan`` take together."""
    guesses = [
        guess
        for model in plan.models
        for guess in (
            *(evaluation_guess(model, suite, plan.settings, past) for suite in plan.suites),
            *((profile_guess(model, past),) if plan.with_profile else ()),
        )
    ]
    known = [guess.seconds for guess in guesses if guess.seconds is not None]
    return PlanGuess(
        seconds=sum(known) if known else None,
        n_unknown=len(guesses) - len(known),
        bases=tuple(dict.fromkeys(guess.basis for guess in guesses if guess.basis)),
    )


def evaluation_guess(
    model: ModelChoice, suite: SuiteChoice, settings: Settings, past: Past
) -> TimeGuess:
    """Return how long one evaluation takes: tokens to write by their speed, and judging."""
    n_completions = problems_of(settings, suite) * settings.n_samples
    length = _tokens_a_completion(model, suite, past)
    speed = _tokens_per_s(model, past)
    if length is None or speed is None:
        return TimeGuess(
            seconds=None,
            basis=tr("Not known yet for {model}: nothing like it was benchmarked here.").format(
                model=model.label
            ),
        )
    tokens = min(length.value, settings.max_tokens or length.value)
    seconds = n_completions * tokens / speed.value + n_completions * _judging_s(past)
    basis = tr("{model}: {speed} ({speed_basis}), {tokens} tokens a completion ({basis})").format(
        model=model.label,
        speed=rate_text(speed.value),
        speed_basis=speed.basis,
        tokens=number_text(tokens),
        basis=length.basis,
    )
    return TimeGuess(seconds=seconds, basis=basis)


def profile_guess(model: ModelChoice, past: Past) -> TimeGuess:
    """Return how long ``kdedge profile --quick`` takes: as long as the last time."""
    usable = [
        each
        for each in past.profiles
        if each.is_quick and each.wall_s is not None and each.wall_s < _LONGEST_PROFILE_S
    ]
    own = _first(usable, lambda each: each.model_path == model.path)
    if own is not None and own.wall_s is not None:
        told = tr("Speed and memory of {model}: as long as the last time").format(
            model=model.label
        )
        return TimeGuess(seconds=own.wall_s, basis=told)
    other = _first(usable, lambda each: each.file_bytes > 0)
    if other is not None and other.wall_s is not None and model.file_bytes:
        told = tr("Speed and memory of {model}: from another model, by file size").format(
            model=model.label
        )
        return TimeGuess(seconds=other.wall_s * model.file_bytes / other.file_bytes, basis=told)
    told = tr("Not known yet for speed and memory of {model}: it was not profiled here.").format(
        model=model.label
    )
    return TimeGuess(seconds=None, basis=told)


def _tokens_a_completion(model: ModelChoice, suite: SuiteChoice, past: Past) -> _Known | None:
    made = [each for each in past.evaluations if each.n_completions and each.tokens]
    choices: tuple[tuple[Callable[[PastEvaluation], bool], str], ...] = (
        (
            lambda each: each.model_path == model.path and each.suite == suite.name,
            tr("its last run on {suite}").format(suite=suite.name),
        ),
        (lambda each: each.model_path == model.path, tr("its last run")),
        (
            lambda each: each.suite == suite.name,
            tr("other models on {suite}").format(suite=suite.name),
        ),
        (lambda _: True, tr("other models and suites")),
    )
    for is_like, basis in choices:
        lengths = [each.tokens / each.n_completions for each in made if is_like(each)]
        if lengths:
            return _Known(median(lengths), basis)
    return None


def _tokens_per_s(model: ModelChoice, past: Past) -> _Known | None:
    """Return how fast completions come: measured, else scaled by the size of the file."""
    made = [each for each in past.evaluations if each.tokens_per_s]
    own = _first(made, lambda each: each.model_path == model.path)
    if own is not None and own.tokens_per_s:
        return _Known(own.tokens_per_s, tr("its last run"))
    other = _first(made, lambda each: each.file_bytes > 0)
    if other is not None and other.tokens_per_s and model.file_bytes:
        return _Known(
            other.tokens_per_s * other.file_bytes / model.file_bytes,
            tr("from another model, by file size"),
        )
    profiled = _first(
        past.profiles, lambda each: bool(each.decode_tokens_per_s) and each.file_bytes > 0
    )
    if profiled is not None and profiled.decode_tokens_per_s and model.file_bytes:
        return _Known(
            profiled.decode_tokens_per_s * profiled.file_bytes / model.file_bytes,
            tr("at least: this machine's last decode speed, by file size"),
        )
    return None


def _judging_s(past: Past) -> float:
    """Return how long one completion is judged; nothing where that was never measured."""
    judged = _first(past.evaluations, lambda each: bool(each.judging_s) and each.n_judged > 0)
    return (
        0.0 if judged is None or judged.judging_s is None else judged.judging_s / judged.n_judged
    )


def _first(items: Iterable[_T], is_wanted: Callable[[_T], bool]) -> _T | None:
    return next((item for item in items if is_wanted(item)), None)


def largest_need(guesses: Sequence[MemoryGuess]) -> MemoryGuess | None:
    """Return the guess of the model that needs most: models are benchmarked one at a time."""
    known = [guess for guess in guesses if guess.needs_bytes is not None]
    return max(known, key=lambda guess: guess.needs_bytes or 0, default=None)
