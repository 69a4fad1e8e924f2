"""Which verbs this kdedge has: a page whose verb is missing is not shown."""

from functools import cache
from importlib.util import find_spec


@cache
def verb_exists(verb: str) -> bool:
    """Return whether the command line has ``verb``, its first word deciding; imports nothing."""
    first = verb.partition(" ")[0]
    return first.isidentifier() and find_spec(f"kdedge.cli.{first}") is not None
