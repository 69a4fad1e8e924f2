from datetime import UTC, datetime
from pathlib import Path

import pytest

from kdedge.core.store import Store
from kdedge_gui.models.known_results import known_results, newest_results
from tests.kdedge_gui.models.cases import run

_PATH = "/models/coder.gguf"
_BEFORE = datetime(2026, 11, 24, 11, 0, tzinfo=UTC).timestamp()
_AFTER = datetime(2026, 11, 24, 13, 0, tzinfo=UTC).timestamp()


def test_each_value_comes_from_the_newest_run_that_has_it() -> None:
    evaluation = run(
        "newest", verb="evaluate", pass_at_1=0.5, pass_at_1_ci95=(0.3, 0.7), suite="humaneval",
        decode_tokens_per_s=None, anon_bytes=None,
    )  # fmt: skip
    older = run("older", pass_at_1=0.1, decode_tokens_per_s=9.0)
    found = newest_results([evaluation, older], written_at=lambda _: _BEFORE)[_PATH]
    assert (found.pass_at_1, found.suite) == (0.5, "humaneval")
    assert found.decode_tokens_per_s == 9.0
    assert found.memory_run == "older"
    assert found.sha256 == "ab" * 32


def test_runs_of_a_file_that_was_replaced_say_nothing_of_the_new_one() -> None:
    assert newest_results([run()], written_at=lambda _: _AFTER) == {}


def test_runs_of_a_file_that_is_gone_say_nothing() -> None:
    assert newest_results([run()], written_at=lambda _: None) == {}


def test_a_store_with_a_run_tells_of_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "coder.gguf"
    model.write_bytes(b"GGUF")
    with Store.open(tmp_path / "store.sqlite3") as store:
        subject = {"model": {"name": "Coder", "path": str(model), "sha256": "cd" * 32}}
        made = store.begin_run(verb="profile", key="k", subject=subject)
        latency = {"decode_tokens_per_s": {"median": 31.5}}
        store.finish_run(made.run_id, status="done", document={"latency": latency})
        found = known_results(store)
    assert found[str(model)].decode_tokens_per_s == 31.5
