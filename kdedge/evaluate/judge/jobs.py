"""What a judge is asked and what it answers."""

from dataclasses import dataclass, field

from kdedge.evaluate.problem import Problem
from kdedge.evaluate.sandbox import Limits, SandboxLevel
from kdedge.evaluate.verdicts import Verdict

WAITED = "waited"
"""Flag of a judgement: stopped by the clock before its CPU time was used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeJob:
    """One program to judge."""

    job_id: str
    problem: Problem
    program: str
    """Python source that defines the problem's function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is true of one program."""

    job_id: str
    verdict: Verdict
    detail: str
    """Why it did not pass: the failing call, the exception, the limit. Empty when it passed."""
    wall_s: float
    cpu_s: float | None = None
    """CPU seconds of the sandboxed child."""
    flags: tuple[str, ...] = ()
    """``waited``, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """How programs are judged."""

    workers: int | None = None
    """Judges side by side; ``None`` is one a core."""
    level: SandboxLevel | None = None
    """``None`` is the strongest that works here."""
    limits: Limits = field(default_factory=Limits)
    allow_weak: bool = False
    """Accept level L1."""
