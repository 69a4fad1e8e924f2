import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from kdedge.core.store import Store
from kdedge_gui.errors import ErrorInfo
from kdedge_gui.store_reader import StoreReader

_WAIT_MS = 60_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def reader(qapp: object, home: Path) -> Iterator[StoreReader]:
    made = StoreReader()
    yield made
    made.close()


def _n_runs(store: Store) -> int:
    return len(store.runs())


def _asked(qtbot: QtBot, reader: StoreReader) -> int | ErrorInfo:
    told: list[int | ErrorInfo] = []
    reader.ask(_n_runs, owner=reader, done=told.append, failed=told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=_WAIT_MS)
    return told[0]


def test_queries_run_in_one_thread_of_their_own(qtbot: QtBot, reader: StoreReader) -> None:
    names: list[str] = []
    for _ in range(3):
        reader.ask(lambda _: threading.current_thread().name, owner=reader, done=names.append)
    qtbot.waitUntil(lambda: len(names) == 3, timeout=_WAIT_MS)
    assert set(names) == {"store"}


def test_what_another_process_writes_is_seen_and_told(qtbot: QtBot, reader: StoreReader) -> None:
    assert _asked(qtbot, reader) == 0
    with qtbot.waitSignal(reader.changed, timeout=_WAIT_MS), Store.open() as store:
        store.begin_run(verb="evaluate", key="k", subject={})
    assert _asked(qtbot, reader) == 1


def test_a_poke_looks_at_once(
    qtbot: QtBot, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge_gui.store_reader._POLL_S", 3600.0)
    assert _asked(qtbot, reader) == 0
    with Store.open() as store:
        store.begin_run(verb="evaluate", key="k", subject={})
    with qtbot.waitSignal(reader.changed, timeout=_WAIT_MS):
        reader.poke()


def test_reading_works_while_another_process_holds_the_store_for_writing(
    qtbot: QtBot, reader: StoreReader
) -> None:
    with Store.open() as store:
        store.begin_run(verb="evaluate", key="k", subject={})
        store._connection.execute("BEGIN IMMEDIATE")
        assert _asked(qtbot, reader) == 1
        store._connection.execute("ROLLBACK")


def test_a_damaged_store_is_told_in_a_sentence_and_a_mended_one_is_read(
    qtbot: QtBot, reader: StoreReader, home: Path
) -> None:
    path = home / "kdedge.sqlite3"
    path.write_bytes(b"no database, but long enough to be looked at" * 100)
    error = _asked(qtbot, reader)
    assert isinstance(error, ErrorInfo)
    assert "is not a store" in error.problem
    path.unlink()
    assert _asked(qtbot, reader) == 0


def test_closing_ends_the_thread_and_refuses_quietly(qtbot: QtBot, home: Path) -> None:
    reader = StoreReader()
    assert _asked(qtbot, reader) == 0
    thread = reader._thread
    assert thread is not None
    reader.close()
    assert not thread.is_alive()
    assert reader.ask(_n_runs, owner=reader, done=lambda _: None).is_cancelled
