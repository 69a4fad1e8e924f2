"""From what a model wrote to the program that is judged, after EvalPlus' post-processing.

Cut at the earliest stop string, tabs to four spaces, the prompt put in front when the model only
continued it; then the longest run of lines that parses, and of that imports and whatever the
asked function reaches. The differences from EvalPlus are all in favour of a right answer:

* of several runs, one that defines the asked function goes before a longer one that does not;
* decorated functions and functions without ``return`` are kept;
* a local variable does not pull in an example at top level that assigns the same name;
* imports and helper functions of the prompt are kept when the model writes the function anew
  (HumanEval/32, 38 and 50 need theirs).

Whether the program is right, or even has the function, is the judge's business. Nothing here
raises, whatever the text, and no code of the model is run.
"""

from dataclasses import dataclass
from functools import lru_cache

from kdedge.evaluate.code_regions import MAX_CHARS, Region, find_regions, quiet_parser
from kdedge.evaluate.definitions import (
    Definition,
    Definitions,
    reachable_names,
    read_definitions,
)
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.prompts import Preset

_NOTHING = Definitions(imports=(), imported=frozenset(), definitions=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The program found in a completion."""

    program: str | None
    """Python source, or ``None`` when there is no code in the completion."""
    reason: str
    """Why there is no program, or what it lacks; empty when it has the asked function."""


def extract_program(completion: str, *, problem: Problem, preset: Preset) -> Extraction:
    """Return the program that ``completion`` amounts to as an answer to ``problem``.

    Args:
        completion: What the model wrote, without the prompt and without a pre-filled beginning.
        problem: The problem that was put to it.
        preset: How it was put; decides the stop strings and whether the prompt is in front.
    """
    text = cut_at_stop(completion, stop=preset.stop)[:MAX_CHARS].replace("\t", "    ")
    if preset.kind == "completion":
        text = problem.prompt.strip() + "\n" + text
    return sanitise(
        text, problem=problem, in_code=preset.assistant_prefill.endswith("```python\n")
    )


def cut_at_stop(text: str, *, stop: tuple[str, ...]) -> str:
    """Return ``text`` up to the earliest of the strings in ``stop``."""
    return text[: min((at for s in stop if (at := text.find(s)) >= 0), default=len(text))]


def sanitise(text: str, *, problem: Problem, in_code: bool = False) -> Extraction:
    """Return the imports and definitions in ``text`` that the asked function needs.

    Args:
        text: Source or prose with source in it.
        problem: Tells the asked function, and what its prompt brings along.
        in_code: Whether ``text`` begins inside a fenced block; that block then goes first.
    """
    name = problem.entry_point
    found = [(region, _definitions(region)) for region in find_regions(text)]
    found = [(region, parts) for region, parts in found if parts.imports or parts.definitions]
    if not found:
        return Extraction(program=None, reason="the completion holds no code")
    region, parts = max(
        found,
        key=lambda pair: (
            pair[1].binds(name),
            in_code and pair[0].segment == 0,
            pair[0].n_code_lines,
        ),
    )
    if not parts.binds(name):
        program = _assembled(parts, kept=parts.definitions, problem=problem)
        return Extraction(program=program, reason=f"the completion does not define {name}")
    with quiet_parser():
        reached = reachable_names(region.tree, source=region.source, start=name)
    kept = tuple(one for one in parts.definitions if one.names & reached)
    return Extraction(program=_assembled(parts, kept=kept, problem=problem), reason="")


def _definitions(region: Region) -> Definitions:
    return read_definitions(region.tree, source=region.source)


def _assembled(parts: Definitions, *, kept: tuple[Definition, ...], problem: Problem) -> str:
    given = _given_by(problem)
    written = frozenset().union(*(one.names for one in kept))
    helpers = [
        one
        for one in given.definitions
        if problem.entry_point not in one.names and not one.names & written
    ]
    imports = dict.fromkeys((*given.imports, *parts.imports))  # each once, in order
    first = [text for text in imports if text.startswith("from __future__")]
    rest = [text for text in imports if text not in first]
    bodies = [one.text for one in (*helpers, *kept)]
    return "\n".join((*first, *rest, *bodies)) + "\n"


@lru_cache(maxsize=1024)
def _given_by(problem: Problem) -> Definitions:
    """Return what the prompt itself brings: imports and helper functions."""
    for body in ("\n", "\n    pass\n"):
        if regions := find_regions(problem.prompt.strip() + body):
            return _definitions(regions[0])
    return _NOTHING
