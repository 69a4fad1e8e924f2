import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kdedge.core.run_summaries import RunSummary, run_summaries
from kdedge.core.store import CompletionRow, Store
from tests.kdedge.report import examples


@pytest.fixture
def store(tmp_path: Path):  # noqa: ANN201 - a generator that gives a Store
    with Store.open(tmp_path / "store.sqlite3") as opened:
        yield opened


def subject(**more: Any) -> dict[str, Any]:
    return {
        "model": {
            "path": "/models/coder.Q4_K_M.gguf",
            "sha256": "ab" * 32,
            "name": "Coder",
            "file_type": "Q4_K_M",
        },
        **more,
    }


def evaluation_subject(**more: Any) -> dict[str, Any]:
    return subject(
        suite={"name": "humaneval-mini", "sha256": "cd" * 32, "n_problems": 40},
        settings={"preset": "evalplus-chat/1", "n_samples": 2},
        **more,
    )


def completions(store: Store, run_id: str, *, number: int) -> None:
    for sample in range(number):
        store.add_completion(
            CompletionRow(
                run_id=run_id,
                task_id="HumanEval/0",
                sample=sample,
                seed=0,
                prompt_sha256="",
                text="",
                n_prompt_tokens=1,
                n_tokens=1,
                finish_reason="stop",
                ttft_s=None,
                decode_s=None,
            )
        )


def only(store: Store) -> RunSummary:
    (found,) = run_summaries(store)
    return found


def test_an_evaluation_shows_its_pass_at_1_with_interval(store: Store) -> None:
    document = examples.evaluation(n_samples=2)
    run = store.begin_run(verb="evaluate", key="k", subject=evaluation_subject())
    store.finish_run(run.run_id, status="done", document=document)
    found = only(store)
    entry = document["pass_at_k"]["1"]
    assert (found.pass_at_1, found.pass_at_1_ci95) == (entry["value"], tuple(entry["ci95"]))
    assert (found.suite, found.n_problems, found.n_samples) == ("humaneval-mini", 40, 2)
    assert (found.preset, found.status) == ("evalplus-chat/1", "done")
    assert (found.model_name, found.file_type) == ("Coder", "Q4_K_M")
    assert (found.model_path, found.model_sha256) == ("/models/coder.Q4_K_M.gguf", "ab" * 32)
    assert (found.decode_tokens_per_s, found.peak_rss_bytes, found.noise_verdict) == (None,) * 3
    assert (found.n_completions_done, found.n_wanted) == (None, None)


def test_a_profile_shows_speed_memory_and_noise(store: Store) -> None:
    document = examples.profile(decode=140.0, noise="disturbed")
    run = store.begin_run(
        verb="profile", key="k", subject=subject(suite=None, predicted={"anon_bytes": 5})
    )
    store.finish_run(run.run_id, status="done", document=document)
    found = only(store)
    latency, memory = document["latency"], document["memory"]
    assert found.decode_tokens_per_s == 140.0
    assert found.prefill_tokens_per_s == latency["prefill_tokens_per_s"]["median"]
    assert found.ttft_s == latency["ttft_s"]["median"]
    assert (found.peak_rss_bytes, found.anon_bytes) == (
        memory["peak_rss_bytes"],
        memory["anon_bytes"],
    )
    assert (found.predicted_anon_bytes, found.noise_verdict) == (5, "disturbed")
    assert (found.suite, found.pass_at_1, found.pass_at_1_ci95) == (None, None, None)


def test_a_profile_with_a_suite_shows_its_evaluation_too(store: Store) -> None:
    whole = examples.evaluation(n_problems=10)
    block = {key: whole[key] for key in ("suite", "preset", "n_samples")}
    document = {
        **examples.profile(),
        "pass_at_k": {**whole["pass_at_k"], "run": "r"},
        "evaluation": block,
    }
    run = store.begin_run(verb="profile", key="k", subject=subject(suite="humaneval-mini"))
    store.finish_run(run.run_id, status="done", document=document)
    found = only(store)
    assert found.pass_at_1 == whole["pass_at_k"]["1"]["value"]
    assert (found.suite, found.n_problems, found.n_samples) == ("humaneval-mini", 10, 1)
    assert found.preset == whole["preset"]


def test_a_raw_profile_shows_the_speeds_of_llama_bench(store: Store) -> None:
    latency = {"prefill_tokens_per_s": None, "decode_tokens_per_s": None, "ttft_s": None}
    raw = [{"median_ts": 900.0}, {"median_ts": 160.0}]
    run = store.begin_run(verb="profile", key="k", subject=subject())
    store.finish_run(run.run_id, status="done", document={"latency": latency, "raw": raw})
    found = only(store)
    assert (found.prefill_tokens_per_s, found.decode_tokens_per_s) == (900.0, 160.0)


def test_a_running_evaluation_says_how_far_it_is(store: Store) -> None:
    run = store.begin_run(verb="evaluate", key="k", subject=evaluation_subject())
    completions(store, run.run_id, number=3)
    found = only(store)
    assert (found.status, found.n_completions_done, found.n_wanted) == ("running", 3, 80)
    store.finish_run(run.run_id, status="interrupted")
    found = only(store)
    assert (found.status, found.n_completions_done, found.n_wanted) == ("interrupted", 3, 80)


def test_a_run_whose_process_was_killed_is_interrupted(tmp_path: Path, store: Store) -> None:
    code = (
        "import os, sys; from pathlib import Path; from kdedge.core.store import Store\n"
        "with Store.open(Path(sys.argv[1])) as store:\n"
        "    store.begin_run(verb='evaluate', key='k', subject={})\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(store.path)], check=False)
    assert store.runs()[0].status == "running"
    assert only(store).status == "interrupted"


def test_the_newest_come_first_by_verb_and_page(store: Store) -> None:
    made = [
        store.begin_run(verb=verb, key="k", subject=subject()).run_id
        for verb in ("profile", "evaluate", "profile")
    ]
    newest_first = made[::-1]
    assert [each.run_id for each in run_summaries(store)] == newest_first
    assert [each.run_id for each in run_summaries(store, limit=1, offset=1)] == [made[1]]
    assert [each.verb for each in run_summaries(store, verb="profile")] == ["profile"] * 2
    assert run_summaries(store, verb="convert") == []
    assert run_summaries(store, offset=3) == []


def test_a_model_without_a_name_is_called_by_its_file(store: Store) -> None:
    nameless = {"path": "/models/coder.Q8_0.gguf", "name": None, "sha256": "", "file_type": ""}
    store.begin_run(verb="profile", key="k", subject={"model": nameless})
    assert only(store).model_name == "coder.Q8_0"


@pytest.mark.parametrize("strange", [{}, {"model": "m"}, {"model": None, "suite": 5}])
def test_a_run_that_says_little_is_listed_all_the_same(
    store: Store, strange: dict[str, Any]
) -> None:
    run = store.begin_run(verb="evaluate", key="k", subject=strange)
    store.finish_run(run.run_id, status="done", document={"pass_at_k": None})
    assert (only(store).model_name, only(store).pass_at_1) == ("", None)


def test_a_path_that_is_no_text_is_listed(store: Store) -> None:
    path = "/models/\udcff.gguf"
    store.begin_run(verb="profile", key="k", subject={"model": {"path": path}})
    assert only(store).model_path == path


def test_a_negative_limit_is_a_wrong_call(store: Store) -> None:
    with pytest.raises(ValueError, match="negative"):
        run_summaries(store, limit=-1)
