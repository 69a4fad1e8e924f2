"""Which verbs this kdedge has: a page whose verb is missing is not shown."""

from functools import cache
from importlib.util import find_spec


@cache
def verb_exists(verb: str) -> bool:
    """Return whether the command line has ``verb``; nothing of it is imported."""
    return verb.isidentifier() and find_spec(f"kdedge.cli.{verb}") is not None
