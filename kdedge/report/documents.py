"""Result documents from run ids and from ``.json`` files, checked before anything reads them."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.core.store import RunRow, Store
from kdedge.report.reading import list_at, mapping_at, text_at

VERBS = ("profile", "evaluate")
"""The verbs whose documents a report is made of."""
QUANTIZE = "quantize"
"""Its documents have a report of their own."""
_SCHEMA = re.compile(r"kdedge\.([a-z]+)/(\d+)")
_LARGEST_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDocument:
    """The outcome of one run."""

    origin: str
    """What the user called it: a run id or a path."""
    run: str
    """Id of the run; empty when the document does not say."""
    verb: str
    content: Mapping[str, Json]


class RunSource(Protocol):
    """The part of the store that is needed here."""

    def run(self, run_id: str) -> RunRow:
        """Return the run of this id, or of the only id that starts so."""
        ...


OpenSource = Callable[[], AbstractContextManager[RunSource]]


def load_documents(
    references: Sequence[str], *, open_source: OpenSource = Store.open
) -> tuple[ResultDocument, ...]:
    """Return the documents of ``references``: run ids, ``.json`` files, or both.

    A profile that names the run its pass@k comes from brings that run along.

    Args:
        references: What the user typed; at least one.
        open_source: Opens the store; called only when a run has to be looked up.

    Raises:
        KdedgeError: A run is unknown, unfinished, of another verb or given twice, or a file is
            not a document.
    """
    found: list[ResultDocument] = []
    for reference in references:
        if names_a_file(reference):
            found.extend(read_documents(Path(reference)))
        else:
            with open_source() as source:
                found.append(_finished(source.run(reference)))
    _refuse_doubles(found)
    return (*found, *_companions(found, open_source))


def load_quantizations(references: Sequence[str]) -> tuple[ResultDocument, ...]:
    """Return the documents of ``references`` when all are files that ``kdedge quantize`` wrote.

    Nothing when the first is not: then ``load_documents`` reads them.

    Args:
        references: What the user typed; at least one.

    Raises:
        KdedgeError: Some are of ``kdedge quantize`` and some are not, or a file is no document.
    """
    if not names_a_file(references[0]) or not _is_quantization(Path(references[0])):
        return ()
    found = []
    for reference in references:
        content = _parsed(Path(reference))
        if not _is_quantization(Path(reference)):
            raise KdedgeError(
                f"{reference} is not of `kdedge quantize`, and {references[0]} is.",
                hint="Make two reports: one of quantising, one of profiles and evaluations.",
            )
        found.append(_document(content, origin=reference, verbs=(QUANTIZE,)))
    return tuple(found)


def _is_quantization(path: Path) -> bool:
    return text_at(_parsed(path), "schema").startswith(f"kdedge.{QUANTIZE}/")


def names_a_file(reference: str) -> bool:
    """Return whether ``reference`` is meant as a path, and not as the id of a run."""
    return reference.endswith(".json") or "/" in reference or "\\" in reference


def read_documents(path: Path) -> tuple[ResultDocument, ...]:
    """Return the documents in the file at ``path``: one, or a list of them.

    Raises:
        KdedgeError: The file cannot be read or holds something else.
    """
    content = _parsed(path)
    if isinstance(content, list):
        entries: Sequence[Json] = content
    else:
        entries = list_at(content, "profiles") or [content]
    return tuple(_document(entry, origin=str(path)) for entry in entries)


def _parsed(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise KdedgeError(
                f"{path} is larger than {_LARGEST_BYTES // 1024**2} MiB: no result document is.",
                hint="Give the file that --json wrote.",
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise KdedgeError(
            f"There is no file {path}.",
            hint="Give a file that --json wrote, or the id of a run.",
        ) from error
    except OSError as error:
        raise KdedgeError(
            f"{path} cannot be read: {error.strerror or error}.",
            hint="Give a file that --json wrote, or the id of a run.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise KdedgeError(
            f"{path} is not a JSON file.",
            hint="Give a file that `kdedge profile` or `kdedge evaluate` wrote with --json.",
            detail=str(error),
        ) from error


def _document(content: Json, *, origin: str, verbs: Sequence[str] = VERBS) -> ResultDocument:
    schema = text_at(content, "schema")
    match = _SCHEMA.fullmatch(schema)
    if not isinstance(content, Mapping) or match is None:
        raise KdedgeError(
            f"{origin} is not a result of kdedge: it has no known schema.",
            hint="Give a file that `kdedge profile` or `kdedge evaluate` wrote with --json.",
        )
    verb, version = match.groups()
    if verb not in verbs:
        raise _wrong_verb(origin, verb)
    if version != "1":
        raise KdedgeError(
            f"{origin} has schema {schema}, which this version does not know.",
            hint="Use the version of kdedge that wrote it, or a newer one.",
        )
    return ResultDocument(origin=origin, run=text_at(content, "run"), verb=verb, content=content)


def _finished(row: RunRow) -> ResultDocument:
    if row.verb not in VERBS:
        raise _wrong_verb(f"Run {row.run_id}", row.verb)
    if row.status != "done" or row.document is None:
        raise KdedgeError(
            f"Run {row.run_id} is not finished: it is {row.status}.",
            hint=f"Go on with it: `kdedge {row.verb} ... --resume {row.run_id}`.",
        )
    return _document({"run": row.run_id, **row.document}, origin=row.run_id)


def _wrong_verb(origin: str, verb: str) -> KdedgeError:
    return KdedgeError(
        f"{origin} is the result of `kdedge {verb}`, which has no place here.",
        hint="Give runs of `kdedge profile` and `kdedge evaluate`.",
    )


def _refuse_doubles(documents: Iterable[ResultDocument]) -> None:
    seen: dict[str, str] = {}
    for document in documents:
        if not document.run:
            continue
        if document.run in seen:
            also = seen[document.run]
            names = also if also == document.origin else f"{also} and {document.origin}"
            raise KdedgeError(
                f"Run {document.run} is given twice ({names}).", hint="Give each run once."
            )
        seen[document.run] = document.origin


def _companions(
    documents: Sequence[ResultDocument], open_source: OpenSource
) -> list[ResultDocument]:
    """Return the evaluations that profiles name and nobody gave, as far as the store has them."""
    given = {document.run for document in documents}
    named = [
        text_at(mapping_at(document.content, "pass_at_k"), "run")
        for document in documents
        if document.verb == "profile"
    ]
    wanted = [run for run in dict.fromkeys(named) if run and run not in given]
    if not wanted:
        return []
    found = []
    try:
        with open_source() as source:
            for run in wanted:
                row = source.run(run)
                if row.run_id == run and row.verb == "evaluate":
                    found.append(_finished(row))
    except KdedgeError:
        return found  # a document from another machine: what it says itself has to do
    return found
