"""Opening the store's file: journal, waiting, schema; and SQLite's errors as sentences.

In WAL mode with ``synchronous=NORMAL`` a killed process loses nothing that was committed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import NoReturn

from kdedge.core.errors import KdedgeError

BUSY_TIMEOUT_S = 30.0

_MIGRATIONS = (
    """
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, verb TEXT NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
        subject TEXT NOT NULL, document TEXT,
        owner_pid INTEGER, owner_started TEXT
    );
    CREATE INDEX runs_by_key ON runs (verb, key);
    CREATE TABLE completions (
        run_id TEXT NOT NULL REFERENCES runs, task_id TEXT NOT NULL, sample INTEGER NOT NULL,
        seed INTEGER NOT NULL, prompt_sha256 TEXT NOT NULL, text TEXT NOT NULL,
        n_prompt_tokens INTEGER NOT NULL, n_tokens INTEGER NOT NULL, finish_reason TEXT NOT NULL,
        ttft_s REAL, decode_s REAL,
        PRIMARY KEY (run_id, task_id, sample)
    );
    CREATE TABLE verdicts (
        run_id TEXT NOT NULL REFERENCES runs, task_id TEXT NOT NULL, sample INTEGER NOT NULL,
        verdict TEXT NOT NULL, detail TEXT NOT NULL, program TEXT NOT NULL, flags TEXT NOT NULL,
        wall_s REAL NOT NULL, cpu_s REAL, base_verdict TEXT, plus_verdict TEXT,
        PRIMARY KEY (run_id, task_id, sample)
    );
    CREATE TABLE measurements (
        run_id TEXT NOT NULL REFERENCES runs, name TEXT NOT NULL, repetition INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (run_id, name, repetition)
    )
    """,
)
"""Entry n takes a store of version n to version n + 1; entries are added, never changed."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the store at ``path``, making or migrating it if need be.

    Raises:
        KdedgeError: The file cannot be opened or written, is no store, or is a newer one.
    """
    with as_sentences(path):
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        try:
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make what is written inside visible all at once, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def as_sentences(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file at ``path`` into sentences.

    Raises:
        KdedgeError: SQLite could not do what was asked because of the file or the disk.
        IntegrityError: A key is there already: a wrong call by us.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        _raise_sentence(path, error)


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait when two processes switch the journal at the same moment, so we do.
    give_up = monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                raise
            sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection, path) == len(_MIGRATIONS):
        return
    with transaction(connection):  # another process may have been faster: look again inside
        version = _version(connection, path)
        for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= len(_MIGRATIONS):
        raise KdedgeError(
            f"{path} was written by a newer kdedge: its store has version {version},"
            f" this program reads up to {len(_MIGRATIONS)}.",
            hint="Update kdedge, or set KDEDGE_HOME to another folder.",
        )
    return int(version)


def _raise_sentence(path: Path, error: sqlite3.DatabaseError) -> NoReturn:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    problem, hint = _SENTENCES.get(
        code,
        (
            "cannot be used as kdedge's store",
            "Move it away (`mv {path} {path}.old`); kdedge makes a new one.",
        ),
    )
    raise KdedgeError(
        f"{path} {problem}.", hint=hint.format(path=path), detail=f"{name}: {error}"
    ) from error


_CHOOSE_HOME = "Set KDEDGE_HOME to a folder you may write to."
_SENTENCES = {
    sqlite3.SQLITE_FULL: (
        "was not written: the disk is full",
        "Free some space and start again with --resume; what was finished is kept.",
    ),
    sqlite3.SQLITE_IOERR: (
        "was not written: the disk is full or failing",
        "Free some space and start again with --resume; what was finished is kept.",
    ),
    sqlite3.SQLITE_BUSY: (
        f"has been held by another process for {BUSY_TIMEOUT_S:.0f} seconds",
        "Wait for the other kdedge to end, or set KDEDGE_HOME to another folder.",
    ),
    sqlite3.SQLITE_READONLY: ("may not be written", _CHOOSE_HOME),
    sqlite3.SQLITE_PERM: ("may not be written", _CHOOSE_HOME),
    sqlite3.SQLITE_AUTH: ("may not be written", _CHOOSE_HOME),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened or made", _CHOOSE_HOME),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "Move it away (`mv {path} {path}.damaged`) and start again; kdedge makes a new one.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "is not a store of kdedge",
        "Move it away (`mv {path} {path}.old`) and start again; kdedge makes a new one.",
    ),
}
