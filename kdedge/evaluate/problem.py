"""One benchmark item, as its authors wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A function to be written, and the test that decides whether it is right."""

    task_id: str
    """Name inside the suite, e.g. ``HumanEval/32``."""
    prompt: str
    """Imports, helper functions, and the function's signature and docstring; its body is open."""
    entry_point: str
    """Name of the function that the test calls."""
    test: str
    """Source of ``check(candidate)``, which raises when the function is wrong."""
    canonical_solution: str
    """The authors' body: ``prompt + canonical_solution`` passes."""
