"""A part of a suite: its first problems, or some by name. Its pass@k is that of the part alone.

A part has a hash of its own, so that a run of it is never resumed as, or compared with, a run of
the whole suite or of another part.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.suites import Suite, find_problem


def part_of(suite: Suite, *, task_ids: Sequence[str] = (), n_problems: int | None = None) -> Suite:
    """Return ``suite`` with the chosen problems alone, in its own order.

    Choosing all of them, or nothing, is the suite itself.

    Args:
        suite: A whole suite.
        task_ids: Names of problems, or what follows their slash.
        n_problems: So many of the first ones.

    Raises:
        KdedgeError: There are no such problems, or both ways of choosing are used.
        ValueError: ``n_problems`` is not positive.
    """
    chosen = _chosen(suite, task_ids, n_problems)
    if len(chosen) == len(suite.problems):
        return suite
    named = "\n".join((suite.sha256, *(problem.task_id for problem in chosen)))
    return replace(suite, problems=chosen, sha256=hashlib.sha256(named.encode()).hexdigest())


def suite_block(suite: Suite, *, whole: Suite) -> dict[str, Json]:
    """Return the ``suite`` object of a document; ``part`` says what was chosen of the whole.

    Args:
        suite: What was evaluated.
        whole: The suite it is a part of, or itself.
    """
    block: dict[str, Json] = {
        "name": suite.name,
        "sha256": suite.sha256,
        "n_problems": len(suite.problems),
        "part": None,
    }
    if suite.sha256 != whole.sha256:
        n_problems = len(suite.problems)
        block["part"] = {
            "of_n_problems": len(whole.problems),
            "of_sha256": whole.sha256,
            "task_ids": [problem.task_id for problem in suite.problems],
            "first": n_problems if suite.problems == whole.problems[:n_problems] else None,
            "note": "pass@k is that of these problems; it says nothing of the whole suite",
        }
    return block


def _chosen(suite: Suite, task_ids: Sequence[str], n_problems: int | None) -> tuple[Problem, ...]:
    if n_problems is None:
        wanted = {find_problem(suite, text.strip()).task_id for text in task_ids}
        return tuple(p for p in suite.problems if not wanted or p.task_id in wanted)
    if n_problems < 1:
        raise ValueError(f"{n_problems} problems are no part of a suite")
    if task_ids:
        raise KdedgeError("Problems are chosen by name and by number.", hint="Choose one way.")
    most = len(suite.problems)
    if n_problems > most:
        raise KdedgeError(
            f"{suite.name} has {most} problems, not {n_problems}.",
            hint=f"Ask for {most} or fewer, or for all of them by leaving --problems out.",
        )
    return suite.problems[:n_problems]
