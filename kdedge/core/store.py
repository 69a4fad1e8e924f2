"""Runs and everything that belongs to them, in one SQLite file shared by command line and app.

Each row is committed as it is made: a process killed at any moment loses only what it was just
doing. A run is claimed by the process that works on it, so that two never work on the same one.
"""

import difflib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar

from kdedge.core.claims import ProcessStamp, is_alive, this_process
from kdedge.core.errors import KdedgeError
from kdedge.core.json_value import Json
from kdedge.core.paths import store_path
from kdedge.core.store_connection import as_sentences, connect, transaction
from kdedge.core.store_rows import CompletionRow, MeasurementRow, RunRow, VerdictRow

__all__ = ["CompletionRow", "Json", "MeasurementRow", "RunRow", "Store", "VerdictRow"]

_RUN_COLUMNS = "run_id, verb, key, status, created_at, updated_at, subject, document"
_Row = TypeVar("_Row", CompletionRow, VerdictRow)


class Store:
    """The store, open; a context manager that closes it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Open the store, making or migrating it if need be.

        Args:
            path: Its file; without it, the one in kdedge's own folder.

        Raises:
            KdedgeError: It cannot be opened or written, is damaged, or is a newer program's.
        """
        chosen = store_path() if path is None else path
        return cls(connect(chosen), chosen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing is waiting to be written."""
        self._connection.close()

    def begin_run(self, *, verb: str, key: str, subject: Mapping[str, Json]) -> RunRow:
        """Add a run, claimed by this process.

        Args:
            verb: The command that asks for it.
            key: Equal for runs that may resume one another.
            subject: What was asked, for showing and for comparing.

        Raises:
            KdedgeError: The store cannot be written.
        """
        now = _now()
        owner = this_process()
        text = _dump(subject)
        while True:
            run_id = f"{now:%Y%m%d-%H%M}-{verb[:2]}-{secrets.token_hex(2)}"
            row = (run_id, verb, key, "running", _iso(now), _iso(now), text, None)
            try:
                self._write(
                    f"INSERT INTO runs ({_RUN_COLUMNS}, owner_pid, owner_started)"  # noqa: S608
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, owner.pid, owner.started),
                )
            except sqlite3.IntegrityError:
                continue  # the same four digits within one minute
            return _run_row(row)

    def unfinished_run(self, *, verb: str, key: str) -> RunRow | None:
        """Return the newest run of ``verb`` and ``key`` that is not done, if there is one.

        Raises:
            KdedgeError: The store cannot be read.
        """
        rows = self.read(
            f"SELECT {_RUN_COLUMNS} FROM runs WHERE verb = ? AND key = ? AND status != 'done'"  # noqa: S608
            " ORDER BY created_at DESC, rowid DESC LIMIT 1",
            (verb, key),
        )
        return _run_row(rows[0]) if rows else None

    def run(self, run_id: str) -> RunRow:
        """Return the run whose id is ``run_id``, or the only one whose id starts so.

        Raises:
            KdedgeError: No run, or more than one, answers to ``run_id``.
        """
        query = f"SELECT {_RUN_COLUMNS} FROM runs WHERE run_id = ?"  # noqa: S608
        exact = self.read(query, (run_id,))
        if exact:
            return _run_row(exact[0])
        known = [row[0] for row in self.read("SELECT run_id FROM runs ORDER BY rowid DESC")]
        found = [each for each in known if run_id and each.startswith(run_id)]
        if len(found) != 1:
            _raise_no_single_run(run_id, found, known)
        return _run_row(self.read(query, (found[0],))[0])

    def runs(self, *, verb: str | None = None, limit: int = 50) -> list[RunRow]:
        """Return the newest runs, newest first.

        Raises:
            KdedgeError: The store cannot be read.
        """
        rows = self.read(
            f"SELECT {_RUN_COLUMNS} FROM runs WHERE ?1 IS NULL OR verb = ?1"  # noqa: S608
            " ORDER BY created_at DESC, rowid DESC LIMIT ?2",
            (verb, limit),
        )
        return [_run_row(row) for row in rows]

    def claim(self, run_id: str) -> None:
        """Make this process the owner of an unfinished run; a dead owner is replaced.

        Raises:
            KdedgeError: A living process owns the run, it is done, or there is no such run.
        """
        me = this_process()
        with as_sentences(self.path), transaction(self._connection):
            found = self._connection.execute(
                "SELECT status, owner_pid, owner_started FROM runs WHERE run_id = ?", (run_id,)
            ).fetchone()
            if found is None:
                _raise_no_single_run(run_id, [], [])
            _check_claim(run_id, found, me)
            self._connection.execute(
                "UPDATE runs SET status = 'running', owner_pid = ?, owner_started = ?,"
                " updated_at = ? WHERE run_id = ?",
                (me.pid, me.started, _iso(_now()), run_id),
            )

    def finish_run(
        self, run_id: str, *, status: str, document: Mapping[str, Json] | None = None
    ) -> None:
        """Give the run its end: ``done``, ``interrupted`` or ``failed``; nobody owns it any more.

        Raises:
            KdedgeError: The store cannot be written.
            ValueError: There is no such run, or ``status`` is no end.
        """
        if status not in {"done", "interrupted", "failed"}:
            raise ValueError(f"{status!r} is not the end of a run")
        text = None if document is None else _dump(document)
        changed = self._write(
            "UPDATE runs SET status = ?, document = ?, updated_at = ?, owner_pid = NULL,"
            " owner_started = NULL WHERE run_id = ?",
            (status, text, _iso(_now()), run_id),
        )
        if not changed:
            raise ValueError(f"there is no run {run_id!r}")

    def add_completion(self, row: CompletionRow) -> None:
        """Keep one completion.

        Raises:
            KdedgeError: The store cannot be written.
            ValueError: The run has a completion of this problem and sample, or does not exist.
        """
        self._insert("completions", [row])

    def completions(self, run_id: str) -> list[CompletionRow]:
        """Return the run's completions by problem and sample.

        Raises:
            KdedgeError: The store cannot be read.
        """
        return self._rows("completions", CompletionRow, run_id)

    def add_verdict(self, row: VerdictRow) -> None:
        """Keep one verdict.

        Raises:
            KdedgeError: The store cannot be written.
            ValueError: The run has a verdict on this problem and sample, or does not exist.
        """
        self._insert("verdicts", [row])

    def verdicts(self, run_id: str) -> list[VerdictRow]:
        """Return the run's verdicts by problem and sample.

        Raises:
            KdedgeError: The store cannot be read.
        """
        return self._rows("verdicts", VerdictRow, run_id)

    def add_measurement(self, run_id: str, *, name: str, repetition: int, value: Json) -> None:
        """Keep one measured value.

        Raises:
            KdedgeError: The store cannot be written.
            ValueError: The run has this repetition already, or does not exist.
        """
        try:
            self._write(
                "INSERT INTO measurements (run_id, name, repetition, value) VALUES (?, ?, ?, ?)",
                (run_id, name, repetition, _dump(value)),
            )
        except sqlite3.IntegrityError as error:
            raise ValueError(f"{name} {repetition} of run {run_id}: {error}") from error

    def measurements(self, run_id: str) -> list[MeasurementRow]:
        """Return the run's measured values by name and repetition.

        Raises:
            KdedgeError: The store cannot be read.
        """
        rows = self.read(
            "SELECT name, repetition, value FROM measurements WHERE run_id = ?"
            " ORDER BY name, repetition",
            (run_id,),
        )
        return [
            MeasurementRow(run_id=run_id, name=row[0], repetition=row[1], value=json.loads(row[2]))
            for row in rows
        ]

    def read(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of ``query``; text that is kept as bytes comes back as text.

        Args:
            query: SQL that changes nothing; its words are our own, never a user's.
            values: What stands for its question marks.

        Raises:
            KdedgeError: The store cannot be read.
        """
        with as_sentences(self.path), closing(self._connection.execute(query, values)) as cursor:
            return [tuple(map(_restored, row)) for row in cursor]

    def _insert(self, table: str, rows: Iterable[CompletionRow] | Iterable[VerdictRow]) -> None:
        with as_sentences(self.path), transaction(self._connection):
            for row in rows:
                names = [field.name for field in fields(row)]
                marks = ", ".join("?" * len(names))
                try:
                    self._connection.execute(
                        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
                        [_storable(value) for value in astuple(row)],
                    )
                except sqlite3.IntegrityError as error:
                    raise ValueError(
                        f"{table}: {row.task_id} {row.sample} of run {row.run_id}: {error}"
                    ) from error

    def _rows(self, table: str, row_type: type[_Row], run_id: str) -> list[_Row]:
        names = [field.name for field in fields(row_type)]
        rows = self.read(
            f"SELECT {', '.join(names)} FROM {table} WHERE run_id = ? ORDER BY task_id, sample",  # noqa: S608
            (run_id,),
        )
        return [
            row_type(**dict(zip(names, row, strict=True)))  # columns = fields
            for row in rows
        ]

    def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        with as_sentences(self.path):
            return self._connection.execute(
                statement, [_storable(value) for value in values]
            ).rowcount


def _check_claim(run_id: str, found: tuple[str, int | None, str | None], me: ProcessStamp) -> None:
    status, owner_pid, owner_started = found
    if status == "done":
        raise KdedgeError(
            f"Run {run_id} is done already.", hint=f"See it with `kdedge report {run_id}`."
        )
    if owner_pid is None or owner_started is None:
        return
    owner = ProcessStamp(pid=owner_pid, started=owner_started)
    if owner != me and is_alive(owner):
        raise KdedgeError(
            f"Run {run_id} is being worked on by process {owner_pid}.",
            hint="Wait for it to end, or stop it, and try again.",
        )


def _raise_no_single_run(run_id: str, found: list[str], known: list[str]) -> NoReturn:
    if found:
        raise KdedgeError(
            f"{len(found)} runs start with {run_id!r}.",
            hint=f"Give more of the id: {', '.join(found[:5])}.",
        )
    if not known:
        raise KdedgeError(
            f"There is no run {run_id!r}.",
            hint="`kdedge evaluate` and `kdedge profile` make runs and print their ids.",
        )
    close = difflib.get_close_matches(run_id, known, n=3, cutoff=0.5) or known[:3]
    raise KdedgeError(
        f"There is no run {run_id!r}.", hint=f"Did you mean one of {', '.join(close)}?"
    )


def _run_row(row: tuple[Any, ...]) -> RunRow:
    return RunRow(
        run_id=row[0],
        verb=row[1],
        key=row[2],
        status=row[3],
        created_at=row[4],
        updated_at=row[5],
        subject=json.loads(row[6]),
        document=None if row[7] is None else json.loads(row[7]),
    )


def _dump(value: Json) -> str:
    # ASCII, so that half a surrogate pair in a text can be stored; NaN is no JSON.
    return json.dumps(value, allow_nan=False)


def _storable(value: object) -> object:
    # Half a surrogate pair cannot be encoded as text; as bytes it survives and comes back.
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def _restored(value: object) -> Any:  # noqa: ANN401 - a column's own type
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def _now() -> datetime:
    return datetime.now(UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
