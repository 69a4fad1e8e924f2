"""What can go wrong in a way the user can mend.

A ``KdedgeError`` is the user's input or machine, never our own mistake (that is ``ValueError``).
``kdedge.cli.main`` turns it into ``error: ...`` and ``hint: ...`` and the exit code it carries.
"""


class KdedgeError(Exception):
    """A problem in one sentence, and what to do about it in another."""

    exit_code = 1

    def __init__(self, problem: str, *, hint: str, detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.detail = detail
        """What a native library or a child process printed; shown with ``--debug``."""


class GateError(KdedgeError):
    """The work was done, but a gate the user asked for was not met."""

    exit_code = 3


class InterruptedRunError(KdedgeError):
    """The user stopped the run; what was finished is kept and ``--resume`` goes on."""

    exit_code = 130
