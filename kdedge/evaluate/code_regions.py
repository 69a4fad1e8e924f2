"""Where in a text Python stands: the runs of lines that parse.

Models surround code with prose and fences, repeat themselves and break off in the middle of a
line. The parser's own error position tells where a run ends, so the cost stays in proportion to
the text and not to the number of pairs of lines; a budget bounds it for hostile texts. Nothing
here raises, whatever the text.
"""

import ast
import re
import textwrap
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MAX_CHARS = 128 * 1024
"""What lies beyond is not looked at; no answer to a benchmark problem is that long."""

_BUDGET_CHARS = 4 * MAX_CHARS
_FENCE = re.compile(r"\s*(?:```|~~~)")
_NOT_SOURCE = re.compile("[\x00\ud800-\udfff]")
_FIRST_LINE = re.compile(
    r"(?:async\s+def|def|class)\s+\w|import\s+\w|from\s+[\w.]+\s+import\b|@\s*\w"
    r"|[^\W\d][\w.\[\]]*(?:, ?[\w.\[\]]+)*\s*(?::[^=]+)?=(?!=)"
)
_BEGUN_ON_LINE = re.compile(r"expected an indented block .* on line (\d+)")
_TRY = re.compile(r"\s*try\s*:")
_WARNINGS = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A run of lines that parses."""

    source: str
    tree: ast.Module
    segment: int
    """Which stretch between fences it lies in, from 0."""

    @property
    def n_code_lines(self) -> int:
        """Lines that are not blank."""
        return sum(1 for line in self.source.split("\n") if line.strip())


def find_regions(text: str) -> list[Region]:
    """Return the runs of lines of ``text`` that parse, in order; none overlaps another.

    A run starts at a line that looks like an import, a definition or an assignment, and ends
    before the first line that breaks it. If the whole text parses, it is the only run.
    """
    text = text[:MAX_CHARS].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    parser = _Parser(_BUDGET_CHARS)
    with quiet_parser():
        whole = None if _NOT_SOURCE.search(text) else parser.parse(text)
        if isinstance(whole, ast.Module):
            return [Region(source=text, tree=whole, segment=0)]
        return [
            region
            for number, lines in enumerate(_segments(text))
            for region in _regions_of(lines, parser=parser, segment=number)
        ]


@contextmanager
def quiet_parser() -> Iterator[None]:
    """Keep warnings about strange code, such as ``x is 1``, away from the user's terminal.

    Yields:
        Nothing; one thread at a time gets in, for the filters of ``warnings`` are global.
    """
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _Parser:
    """``ast.parse`` that returns its complaint, and gives up when its budget is spent."""

    def __init__(self, budget_chars: int) -> None:
        self.budget_chars = budget_chars

    def parse(self, source: str) -> ast.Module | SyntaxError | None:
        """Return the tree, or what is wrong, ``None`` when the parser itself gave up."""
        self.budget_chars -= len(source)
        try:
            return ast.parse(source)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError):
            return None


def _segments(text: str) -> Iterator[list[str]]:
    """Give the stretches between fence lines; a line no source can hold is like a fence."""
    lines: list[str] = []
    for line in text.split("\n"):
        if _FENCE.match(line) or _NOT_SOURCE.search(line):
            yield _dedented(lines)
            lines = []
        else:
            lines.append(line)
    yield _dedented(lines)


def _dedented(lines: list[str]) -> list[str]:
    return textwrap.dedent("\n".join(lines)).split("\n")


def _regions_of(lines: list[str], *, parser: _Parser, segment: int) -> Iterator[Region]:
    at = 0
    while at < len(lines) and parser.budget_chars > 0:
        if not _FIRST_LINE.match(lines[at]):
            at += 1
            continue
        region = _longest_from(lines[at:], parser=parser, segment=segment)
        if region is None:
            at += 1
            continue
        yield region
        at += region.source.count("\n") + 1


def _longest_from(lines: list[str], *, parser: _Parser, segment: int) -> Region | None:
    end = len(lines)
    while end > 0 and parser.budget_chars > 0:
        source = "\n".join(lines[:end])
        outcome = parser.parse(source)
        if isinstance(outcome, ast.Module):
            return Region(source=source, tree=outcome, segment=segment)
        end = _before_fault(lines[:end], outcome)
    return None


def _before_fault(lines: list[str], fault: SyntaxError | None) -> int:
    """Return how many of ``lines`` stand before what made the parser stop; fewer than all."""
    if fault is None:
        return len(lines) // 2
    begun = _BEGUN_ON_LINE.search(fault.msg)  # "expected an indented block ... on line 7"
    at_fault = int(begun[1]) if begun else fault.lineno or len(lines)
    keep = min(len(lines), max(at_fault, 1)) - 1
    if "'except'" in fault.msg:  # an unfinished try: the fault is where its block ends
        keep = next((i for i in range(keep, 0, -1) if _TRY.match(lines[i])), keep)
    while keep and (not lines[keep - 1].strip() or lines[keep - 1].lstrip().startswith("@")):
        keep -= 1  # a decorator waits for what it decorates
    return keep
