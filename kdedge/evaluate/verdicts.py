"""What can be said of one completion once its program has been judged."""

from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of one completion; the values are written into stores and documents."""

    PASSED = "passed"
    """The tests ran to their end and every one of them held."""
    FAILED = "failed"
    """The program ran, and a test did not hold."""
    TIMED_OUT = "timed_out"
    """The program used up its time."""
    ERROR = "error"
    """The program raised, did not compile, or has no function of the asked name."""
    NO_CODE = "no_code"
    """Nothing in the completion could be taken for a program."""
    TRUNCATED = "truncated"
    """The completion hit the token limit and what there is of it did not pass."""
    HARNESS_ERROR = "harness_error"
    """The judge itself failed; says nothing about the model."""

    @property
    def counts(self) -> bool:
        """Whether the completion enters pass@k; a failure of ours never counts against a model."""
        return self is not Verdict.HARNESS_ERROR
