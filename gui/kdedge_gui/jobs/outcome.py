"""How a child process ended, in words."""

import re
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kdedge_gui.errors import ErrorInfo
from kdedge_gui.translate import tr

_USAGE_ERROR, _GATE, _INTERRUPTED = 2, 3, 130
_DETAIL_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended."""

    exit_code: int
    """Negative: the signal that ended it."""
    never_started: str = ""
    """Why there was no child at all, in the system's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """What became of a job."""

    status: str
    """``done``, ``failed`` or ``cancelled``."""
    exit_code: int
    error: ErrorInfo | None
    """Also with ``done``: a gate that was not met."""
    document: dict[str, Any] | None
    """The result document."""


def describe_death(code: int) -> tuple[str, str]:
    """Return what the exit ``code`` of a process means, and what to do about it."""
    hints = {
        "SIGKILL": (
            tr("was stopped by the system, most likely because memory ran out"),
            tr("Close other programs, or use a smaller model, a smaller context or less at once."),
        ),
        "SIGILL": (
            tr("met an instruction this CPU does not have"),
            tr("Install llama-cpp-python again so that it is compiled on this machine."),
        ),
        "SIGABRT": (
            tr("was ended by llama.cpp, which found something it cannot handle"),
            tr("Verify the file on the Models page; Details shows llama.cpp's words."),
        ),
        "SIGSEGV": (
            tr("crashed inside llama.cpp"),
            tr("Verify the file on the Models page; Details shows llama.cpp's words."),
        ),
        "SIGBUS": (
            tr("lost the model file while reading it"),
            tr("The file was changed or cut short while in use: restore it and try again."),
        ),
        "SIGTERM": (tr("was ended from outside"), tr("Start it again.")),
    }
    unknown = tr("Details shows what it printed.")
    if code >= 0:
        return tr("ended with code {code}").format(code=code), unknown
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = tr("signal {number}").format(number=-code)
    return hints.get(name, (tr("was ended by {name}").format(name=name), unknown))


def death(subject: str, ending: Ending, *, log: Iterable[str]) -> ErrorInfo:
    """Return the end of a child that should not have ended, as an error.

    Args:
        subject: What ended: "The job", "The model process".
        ending: How.
        log: What it printed.
    """
    detail = _tail(log)
    if ending.never_started:
        return ErrorInfo(
            problem=tr("{subject} could not be started.").format(subject=subject),
            hint=tr("Install kdedge again; memory or processes may also have run out."),
            detail=ending.never_started,
        )
    way, hint = describe_death(ending.exit_code)
    return ErrorInfo(problem=f"{subject} {way}.", hint=hint, detail=detail)


def judge(
    ending: Ending, *, was_cancelled: bool, failure: ErrorInfo | None, log: Iterable[str]
) -> JobOutcome:
    """Return what became of a job, its document not read yet.

    Args:
        ending: How its process ended.
        was_cancelled: The user asked for the end.
        failure: What its ``failed`` event said.
        log: What it printed on stderr.
    """
    code = ending.exit_code
    if code == 0:
        return JobOutcome(status="done", exit_code=0, error=None, document=None)
    if was_cancelled or code == _INTERRUPTED:
        return JobOutcome(status="cancelled", exit_code=code, error=None, document=None)
    lines = list(log)
    said = failure or _said(lines)
    if code == _GATE:
        unmet = said or ErrorInfo(
            problem=tr("A gate was not met."), hint=tr("See the result."), detail=_tail(lines)
        )
        return JobOutcome(status="done", exit_code=code, error=unmet, document=None)
    if said is None or code < 0:
        said = death(tr("The job"), ending, log=lines)
    elif code == _USAGE_ERROR:
        said = ErrorInfo(
            problem=tr("kdedge did not take these options: {why}").format(why=said.problem),
            hint=said.hint,
            detail=_tail(lines),
        )
    return JobOutcome(status="failed", exit_code=code, error=said, document=None)


def _said(log: list[str]) -> ErrorInfo | None:
    """Return the last ``error:`` of a command line and its ``hint:``."""
    for position in range(len(log) - 1, -1, -1):
        if not log[position].startswith("error: "):
            continue
        problem = log[position].removeprefix("error: ")
        rest = log[position + 1 : position + 2]
        hint = re.sub(r"^hint: ", "", rest[0]) if rest and rest[0].startswith("hint: ") else ""
        return ErrorInfo(problem=problem, hint=hint, detail=_tail(log))
    return None


def _tail(log: Iterable[str]) -> str:
    return "\n".join(list(log)[-_DETAIL_LINES:])
