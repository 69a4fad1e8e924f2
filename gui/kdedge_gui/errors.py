"""An error as pages show it: what is wrong, what to do about it, and the details on request."""

import traceback
from dataclasses import dataclass
from typing import Self

from kdedge.core.errors import KdedgeError
from kdedge_gui.translate import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorInfo:
    """A problem in one sentence and what to do about it in another."""

    problem: str
    hint: str
    detail: str = ""
    """What a child process or a traceback said; shown on request."""

    @classmethod
    def of(cls, error: KdedgeError) -> Self:
        """Return what the library says, in its own words."""
        return cls(problem=error.problem, hint=error.hint, detail=error.detail)

    @classmethod
    def of_exception(cls, error: Exception) -> Self:
        """Return what any exception means to a user; one nobody foresaw carries its traceback."""
        if isinstance(error, KdedgeError):
            return cls.of(error)
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, OSError):
            where = f"{error.filename}: " if error.filename else ""
            return cls(
                problem=f"{where}{error.strerror or error}",
                hint=tr("Check that the file is there, may be used, and that the disk has room."),
                detail=trace,
            )
        if isinstance(error, MemoryError):
            return cls(
                problem=tr("The app ran out of memory."),
                hint=tr("Close other programs, or unload the model, and try again."),
                detail=trace,
            )
        return cls(
            problem=tr("The app made a mistake: {what}.").format(what=type(error).__name__),
            hint=tr("Try again. If it stays, Settings makes a diagnostics file for a report."),
            detail=trace,
        )
