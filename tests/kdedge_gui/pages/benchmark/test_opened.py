"""A run of the store is opened as the events it once told; one completion is read at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.store import Store
from kdedge_gui.pages.benchmark.drill_rows import sample_rows
from kdedge_gui.pages.benchmark.opened import open_run
from kdedge_gui.pages.benchmark.session import resuming
from tests.kdedge_gui.pages.benchmark.fake_kdedge import completion, subject, verdict


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite") as made:
        yield made


def begun(store: Store, *, n_problems: int = 3) -> str:
    about = subject("/m/small.gguf", n_problems=n_problems, n_samples=1)
    return store.begin_run(verb="evaluate", key="k", subject=about).run_id


def test_an_unfinished_run_is_opened_with_what_it_has(store: Store) -> None:
    run = begun(store)
    store.add_completion(completion(run, 1))
    store.add_completion(completion(run, 0))
    store.add_verdict(verdict(run, 1))
    store.finish_run(run, status="interrupted")
    opened = open_run(store, run)
    live = opened.live
    assert opened.model_label == "small"
    assert list(live.problems) == ["Shelf/0", "Shelf/1", "Shelf/2"]
    assert [each.task_id for each in live.completions] == ["Shelf/1", "Shelf/0"]
    assert live.counts() == {"failed": 1, "generated": 1, "waiting": 1}
    assert live.estimates == ()
    assert live.run_id == run
    assert resuming(opened) is not None


def test_a_finished_run_has_the_score_of_its_document_and_is_not_gone_on_with(
    store: Store,
) -> None:
    run = begun(store)
    score = {"1": {"value": 0.5, "ci95": [0.2, 0.8], "n_problems": 3}}
    store.finish_run(run, status="done", document={"pass_at_k": score})
    opened = open_run(store, run)
    live = opened.live
    assert live.estimates[0].value == 0.5
    assert live.n_scored == 3
    assert resuming(opened) is None


def test_a_profile_is_opened_with_its_repetitions_and_its_evaluation(store: Store) -> None:
    evaluation = begun(store)
    store.add_completion(completion(evaluation, 0))
    store.finish_run(evaluation, status="done", document={"pass_at_k": {}})
    about = {"model": {"path": "/m/small.gguf"}, "suite": "shelf", "settings": {}}
    run = store.begin_run(verb="profile", key="p", subject=about).run_id
    store.add_measurement(run, name="evaluation/run", repetition=0, value={"run": evaluation})
    document = {
        "raw": [
            {"n_prompt": 512, "n_gen": 0, "samples_ts": [100.0, 110.0]},
            {"n_prompt": 0, "n_gen": 128, "samples_ts": [20.0]},
        ],
        "latency": {"depths": [{"n_depth": 0, "samples": [{"ttft_ns": 250_000_000}]}]},
        "memory": {"peak_rss_bytes": 3000, "kv_cache_bytes": 100, "anon_reason": None},
    }
    store.finish_run(run, status="done", document=document)
    opened = open_run(store, run)
    live = opened.live
    assert opened.evaluation_run == evaluation
    assert opened.suite == "shelf"
    assert list(live.problems) == ["Shelf/0", "Shelf/1", "Shelf/2"]
    found = [(each.name, each.value) for each in live.repetitions]
    assert found == [
        ("raw/pp512", 100.0),
        ("raw/pp512", 110.0),
        ("raw/tg128", 20.0),
        ("user/request @ d0", 0.25),
        ("memory", 3000.0),
    ]
    assert live.repetitions[-1].parts == {"peak_rss_bytes": 3000, "kv_cache_bytes": 100}


def test_a_run_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(KdedgeError, match="no run"):
        open_run(store, "nothing")


def test_one_completion_is_read_with_its_verdict(store: Store) -> None:
    run = begun(store)
    store.add_completion(completion(run, 1))
    rows = sample_rows(store, run_id=run, task_id="Shelf/1", sample=0)
    assert rows.completion == "    return 1\n"
    assert rows.verdict == ""
    store.add_verdict(verdict(run, 1))
    rows = sample_rows(store, run_id=run, task_id="Shelf/1", sample=0)
    assert rows.verdict == "failed"
    assert rows.detail == "shelf_1([1]) is wrong"
    assert rows.program.startswith("def shelf_1")
    assert rows.n_tokens == 11


def test_a_completion_that_is_not_there_is_empty(store: Store) -> None:
    rows = sample_rows(store, run_id=begun(store), task_id="Shelf/1", sample=0)
    assert rows.completion is None
    assert rows.program == ""
