"""What became of a program that was run: read from the document, as values to show."""

from dataclasses import dataclass
from typing import Any

from kdedge_gui.numbers import count_text, duration_text, seconds_text
from kdedge_gui.translate import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a program ended and what it printed."""

    words: str
    """How it ended."""
    kind: str
    """``good``, ``warning`` or ``bad``."""
    wall_s: float | None
    stdout: str = ""
    stderr: str = ""
    note: str = ""
    """Where the output was cut."""


def read_run(document: dict[str, Any]) -> RunResult:
    """Return what the document of ``kdedge sandbox run`` says.

    Raises:
        KeyError: It is no such document.
        TypeError: Likewise.
    """
    streams = document["stdout"], document["stderr"]
    cut = [stream for stream in streams if stream["cut"]]
    total = sum(int(stream["n_bytes"]) for stream in cut)
    note = tr("Only the beginning is shown; the program printed {count} bytes.")
    words, kind = _ending(document)
    return RunResult(
        words=words,
        kind=kind,
        wall_s=float(document["wall_s"]),
        stdout=str(streams[0]["text"]),
        stderr=str(streams[1]["text"]),
        note=note.format(count=count_text(total)) if cut else "",
    )


def summary_of(result: RunResult) -> str:
    """Return the line beside the word on how it ended."""
    parts = [tr("in the sandbox, {time}").format(time=seconds_text(result.wall_s))]
    if not result.stdout and not result.stderr:
        parts.append(tr("it printed nothing"))
    return " · ".join(parts)


def _ending(document: dict[str, Any]) -> tuple[str, str]:
    if document["timed_out"]:
        limit = duration_text(float(document["timeout_s"]))
        return tr("Stopped after {limit}").format(limit=limit), "warning"
    if document["signal"] == "SIGKILL":
        return tr("Out of memory"), "bad"
    if document["signal"] is not None:
        return tr("Died of {signal}").format(signal=document["signal"]), "bad"
    code = int(document["exit_code"])
    if code == 0:
        return tr("Finished"), "good"
    return tr("Ended with code {code}").format(code=code), "bad"
