"""HumanEval in small: 40 of its 164 problems, fixed, chosen by a rule from the data alone.

The rule of version 1, which ``choose_task_ids`` follows and a test repeats:

1. Problems whose prompt defines more than one function are a stratum of their own.
2. The others are ranked by the length of the canonical solution and cut into four quarters, and
   ranked by the length of the prompt and cut into two halves: eight strata.
3. Each stratum gets its share of 40 in proportion to its size, by largest remainder.
4. Within a stratum the problems with the smallest SHA-256 of ``humaneval-mini/1:`` + task id
   are taken.

Lengths are in characters; equal lengths are ranked by task id. No model's result enters. A
number from 40 problems is wide (plus or minus 15 points): the mini suite is for a quick look.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence

from kdedge.evaluate.problem import Problem

N_PROBLEMS = 40

_NUMBERS = (
    "0 2 9 17 20 21 26 27 30 32 43 45 49 53 56 63 67 70 79 80 83 88 89 96 98 110 116 117 "
    "124 125 127 129 135 138 141 146 151 154 156 162"
)
MINI_TASK_IDS = tuple(f"HumanEval/{number}" for number in _NUMBERS.split())
"""Version 1, in HumanEval's own order."""

Stratum = tuple[int, int]
_HELPERS: Stratum = (-1, -1)


def choose_task_ids(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Return the ids that the rule of version 1 picks from ``problems``, in their order.

    Raises:
        ValueError: There are fewer than 40 problems to choose from.
    """
    if len(problems) < N_PROBLEMS:
        raise ValueError(f"{len(problems)} problems, {N_PROBLEMS} are to be chosen")
    strata = _strata(problems)
    shares = _largest_remainder({name: len(members) for name, members in strata.items()})
    chosen = {
        task_id
        for name, members in strata.items()
        for task_id in sorted(members, key=_draw)[: shares[name]]
    }
    return tuple(problem.task_id for problem in problems if problem.task_id in chosen)


def _strata(problems: Sequence[Problem]) -> dict[Stratum, list[str]]:
    plain = [problem for problem in problems if not _has_helpers(problem)]
    by_solution = _groups(plain, n=4, size=lambda problem: len(problem.canonical_solution))
    by_prompt = _groups(plain, n=2, size=lambda problem: len(problem.prompt))
    strata: dict[Stratum, list[str]] = defaultdict(list)
    for problem in problems:
        task_id = problem.task_id
        if _has_helpers(problem):
            strata[_HELPERS].append(task_id)
        else:
            strata[by_solution[task_id], by_prompt[task_id]].append(task_id)
    return strata


def _has_helpers(problem: Problem) -> bool:
    return sum(line.startswith("def ") for line in problem.prompt.splitlines()) > 1


def _groups(
    problems: Sequence[Problem], *, n: int, size: Callable[[Problem], int]
) -> dict[str, int]:
    ranked = sorted(problems, key=lambda problem: (size(problem), problem.task_id))
    return {problem.task_id: rank * n // len(ranked) for rank, problem in enumerate(ranked)}


def _largest_remainder(sizes: dict[Stratum, int]) -> dict[Stratum, int]:
    total = sum(sizes.values())
    shares = {name: N_PROBLEMS * size // total for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(N_PROBLEMS * sizes[name] % total), name))
    for name in by_remainder[: N_PROBLEMS - sum(shares.values())]:
        shares[name] += 1
    return shares


def _draw(task_id: str) -> str:
    return hashlib.sha256(f"humaneval-mini/1:{task_id}".encode()).hexdigest()
