import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdedge.core.errors import KdedgeError
from kdedge.core.store import CompletionRow, Store, VerdictRow


@pytest.fixture
def store(tmp_path: Path):  # noqa: ANN201 - a generator that gives a Store
    with Store.open(tmp_path / "store.sqlite3") as opened:
        yield opened


def a_run(store: Store, *, key: str = "k", verb: str = "evaluate") -> str:
    return store.begin_run(verb=verb, key=key, subject={"model": "m"}).run_id


def a_completion(run_id: str, *, sample: int = 0, text: str = "return 1") -> CompletionRow:
    return CompletionRow(
        run_id=run_id,
        task_id="HumanEval/0",
        sample=sample,
        seed=7,
        prompt_sha256="ab",
        text=text,
        n_prompt_tokens=10,
        n_tokens=3,
        finish_reason="stop",
        ttft_s=None,
        decode_s=0.5,
    )


def a_verdict(run_id: str, *, sample: int = 0) -> VerdictRow:
    return VerdictRow(
        run_id=run_id,
        task_id="HumanEval/0",
        sample=sample,
        verdict="passed",
        detail="",
        program="def f(): ...",
        flags="",
        wall_s=0.1,
        cpu_s=None,
    )


def test_rows_come_back_as_they_were_given(store: Store) -> None:
    run_id = a_run(store)
    store.add_completion(a_completion(run_id))
    store.add_verdict(a_verdict(run_id, sample=1))
    store.add_verdict(a_verdict(run_id))
    store.add_measurement(run_id, name="itl_s", repetition=0, value=[0.1, None])
    assert store.completions(run_id) == [a_completion(run_id)]
    assert store.verdicts(run_id) == [a_verdict(run_id), a_verdict(run_id, sample=1)]
    (measured,) = store.measurements(run_id)
    assert (measured.name, measured.repetition, measured.value) == ("itl_s", 0, [0.1, None])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(text=st.text(st.characters()))
def test_any_text_survives_half_surrogate_pairs_and_null_bytes_too(
    tmp_path: Path, text: str
) -> None:
    with Store.open(tmp_path / "store.sqlite3") as store:
        run_id = a_run(store)
        store.add_completion(a_completion(run_id, text=text))
        store.finish_run(run_id, status="done", document={"text": text})
        assert store.completions(run_id)[0].text == text
        assert store.run(run_id).document == {"text": text}


def test_a_second_row_of_the_same_sample_is_refused(store: Store) -> None:
    run_id = a_run(store)
    store.add_completion(a_completion(run_id))
    store.add_verdict(a_verdict(run_id))
    store.add_measurement(run_id, name="x", repetition=0, value=1)
    with pytest.raises(ValueError, match="HumanEval/0 0"):
        store.add_completion(a_completion(run_id, text="other"))
    with pytest.raises(ValueError, match="HumanEval/0 0"):
        store.add_verdict(a_verdict(run_id))
    with pytest.raises(ValueError, match="x 0"):
        store.add_measurement(run_id, name="x", repetition=0, value=2)
    assert store.completions(run_id) == [a_completion(run_id)]


def test_a_row_of_no_run_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="FOREIGN KEY"):
        store.add_completion(a_completion("none"))


def test_a_run_is_found_by_the_start_of_its_id(store: Store) -> None:
    run_id = a_run(store)
    assert store.run(run_id[:-1]).run_id == run_id
    assert store.run(run_id).status == "running"


def test_an_unknown_id_names_those_that_are_close(store: Store) -> None:
    run_id = a_run(store)
    with pytest.raises(KdedgeError, match="no run") as caught:
        store.run(run_id[:-2] + "zz")
    assert run_id in caught.value.hint


def test_a_start_shared_by_two_runs_names_both(store: Store) -> None:
    first, second = a_run(store), a_run(store)
    with pytest.raises(KdedgeError, match="2 runs start") as caught:
        store.run(first[:4])
    assert first in caught.value.hint
    assert second in caught.value.hint


@pytest.mark.parametrize("text", ["", "%", "_", "'; DROP TABLE runs; --"])
def test_an_id_is_never_a_pattern(store: Store, text: str) -> None:
    a_run(store)
    with pytest.raises(KdedgeError, match="no run"):
        store.run(text)


def test_the_newest_run_that_is_not_done_is_the_one_to_resume(store: Store) -> None:
    old, new, done = a_run(store), a_run(store), a_run(store)
    a_run(store, key="other")
    a_run(store, verb="profile")
    store.finish_run(done, status="done", document={})
    store.finish_run(old, status="interrupted")
    found = store.unfinished_run(verb="evaluate", key="k")
    assert found is not None
    assert found.run_id == new
    store.finish_run(new, status="done", document={})
    found = store.unfinished_run(verb="evaluate", key="k")
    assert found is not None
    assert (found.run_id, found.status) == (old, "interrupted")
    assert store.unfinished_run(verb="evaluate", key="unknown") is None


def test_runs_are_listed_newest_first_and_by_verb(store: Store) -> None:
    ids = [a_run(store), a_run(store, verb="profile"), a_run(store)]
    assert [run.run_id for run in store.runs()] == ids[::-1]
    assert [run.run_id for run in store.runs(verb="profile")] == [ids[1]]
    assert [run.run_id for run in store.runs(limit=1)] == [ids[2]]


def test_a_done_run_cannot_be_claimed_and_an_interrupted_one_can(store: Store) -> None:
    run_id = a_run(store)
    store.finish_run(run_id, status="interrupted")
    store.claim(run_id)
    assert store.run(run_id).status == "running"
    store.finish_run(run_id, status="done", document={"a": 1})
    with pytest.raises(KdedgeError, match="done already"):
        store.claim(run_id)
    with pytest.raises(KdedgeError, match="no run"):
        store.claim("none")


def test_an_end_that_is_none_is_a_wrong_call(store: Store) -> None:
    with pytest.raises(ValueError, match="paused"):
        store.finish_run(a_run(store), status="paused")
    with pytest.raises(ValueError, match="no run"):
        store.finish_run("none", status="done")


def test_a_number_that_is_none_is_not_stored(store: Store) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.finish_run(a_run(store), status="done", document={"x": float("nan")})


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    Store.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(KdedgeError, match="newer kdedge") as caught:
        Store.open(path)
    assert "Update kdedge" in caught.value.hint


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"my thesis, chapter one\n" * 100)
    with pytest.raises(KdedgeError, match="not a store of kdedge") as caught:
        Store.open(path)
    assert "mv" in caught.value.hint
    assert path.read_bytes().startswith(b"my thesis")


def test_a_damaged_store_is_named_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        for _ in range(50):
            a_run(store)
    content = bytearray(path.read_bytes())
    content[1024:] = b"\xff" * (len(content) - 1024)
    path.write_bytes(content)
    with pytest.raises(KdedgeError, match=r"damaged|not a store"), Store.open(path) as store:
        store.runs()


def test_a_full_disk_is_said_in_words_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store.open(path) as store:
        run_id = a_run(store)
        store.add_completion(a_completion(run_id))
        # SQLite gives the error of a full disk when a file may have no more pages.
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(KdedgeError, match="disk is full") as caught:
            store.add_completion(a_completion(run_id, sample=1, text="x" * 100_000))
        assert "--resume" in caught.value.hint
    with Store.open(path) as store:
        assert store.completions(run_id) == [a_completion(run_id)]


def test_a_store_that_may_only_be_read_says_so(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.sqlite3") as store:
        store._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(KdedgeError, match="may not be written") as caught:
            a_run(store)
    assert "KDEDGE_HOME" in caught.value.hint


def test_a_folder_that_is_missing_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="cannot be opened") as caught:
        Store.open(tmp_path / "none" / "store.sqlite3")
    assert "KDEDGE_HOME" in caught.value.hint


def test_a_home_that_is_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    with pytest.raises(KdedgeError, match="cannot write"):
        Store.open()
