"""Repetitions as events, of a profile with processes that measure nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdedge.core.errors import InterruptedRunError
from kdedge.core.events import Event, Measured, RunStarted
from kdedge.core.store import Store
from kdedge.profile.options import NEWEST, ProfileOptions
from kdedge.profile.run import profile_model
from tests.kdedge.profile.fake_instruments import FakeMachine
from tests.tiny_gguf import tiny_llama

NOTED = {"before", "raw/model"}
"""Kept in the store, but no measurement."""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open() as store:
        yield store


def profile(
    path: Path, store: Store, *, machine: FakeMachine | None = None, resume: str | None = None
) -> tuple[dict[str, Any], list[Event]]:
    events: list[Event] = []
    document = profile_model(
        path,
        options=ProfileOptions(quick=True, n_threads=1, resume=resume),
        store=store,
        sink=events.append,
        instruments=(machine or FakeMachine()).instruments(),
    )
    return document, events


def told(events: list[Event]) -> dict[tuple[str, int], Measured]:
    return {(e.name, e.repetition): e for e in events if isinstance(e, Measured)}


def test_each_repetition_is_told_once_under_the_name_it_is_kept_by(
    path: Path, store: Store
) -> None:
    document, events = profile(path, store)
    kept = {
        (row.name, row.repetition)
        for row in store.measurements(document["run"])
        if row.name not in NOTED
    }
    assert set(told(events)) == kept
    assert sum(isinstance(event, Measured) for event in events) == len(kept)


def test_the_numbers_told_are_those_of_the_document(path: Path, store: Store) -> None:
    document, events = profile(path, store)
    found = told(events)
    decode = found["raw/tg128", 0]
    assert (decode.value, decode.unit) == (pytest.approx(1000), "tokens/s")
    request = found["user/request @ d0", 0]
    latency = document["latency"]
    assert (request.value, request.unit) == (pytest.approx(latency["ttft_s"]["median"]), "s")
    for name in ("prefill_tokens_per_s", "decode_tokens_per_s", "tpot_s"):
        assert request.parts[name] == pytest.approx(latency[name]["median"])
    memory = found["memory", 0]
    assert (memory.value, memory.unit) == (document["memory"]["peak_rss_bytes"], "bytes")
    assert memory.parts["kv_cache_bytes"] == document["memory"]["kv_cache_bytes"]
    assert found["load", 0].value == pytest.approx(latency["load_s"])


def test_a_resumed_profile_tells_first_what_was_measured_before(path: Path, store: Store) -> None:
    with pytest.raises(InterruptedRunError):
        profile(path, store, machine=FakeMachine(stop_after=30))
    (run,) = store.runs()
    before = [row for row in store.measurements(run.run_id) if row.name not in NOTED]
    document, events = profile(path, store, resume=NEWEST)
    (start,) = [at for at, event in enumerate(events) if isinstance(event, RunStarted)]
    assert events[start] == RunStarted(verb="profile", run=run.run_id, resumed=True)
    at_once = events[start + 1 : start + 1 + len(before)]
    assert [(e.name, e.repetition) for e in at_once if isinstance(e, Measured)] == [
        (row.name, row.repetition) for row in before
    ]
    kept = [row for row in store.measurements(document["run"]) if row.name not in NOTED]
    assert len(told(events)) == len(kept)
