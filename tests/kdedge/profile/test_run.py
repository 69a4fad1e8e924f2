"""Whole profiles with processes that measure nothing: what is kept, and what a resume makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdedge.core.errors import InterruptedRunError, KdedgeError
from kdedge.core.events import Event, Note, Progress, RunFinished, ignore
from kdedge.core.store import Store
from kdedge.profile.options import NEWEST, ProfileOptions
from kdedge.profile.run import profile_model, profile_models
from tests.kdedge.profile.fake_instruments import FakeMachine
from tests.tiny_gguf import tiny_llama

QUICK = ProfileOptions(quick=True, n_threads=1)
RESUMED = ProfileOptions(quick=True, n_threads=1, resume=NEWEST)


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
    path: Path,
    store: Store,
    *,
    machine: FakeMachine | None = None,
    options: ProfileOptions = QUICK,
    events: list[Event] | None = None,
) -> dict[str, Any]:
    return profile_model(
        path,
        options=options,
        store=store,
        sink=ignore if events is None else events.append,
        instruments=(machine or FakeMachine()).instruments(),
    )


def shape(value: object) -> object:
    """Return ``value`` with every number, time and text replaced by its type.

    How many reasons a noise verdict has depends on what else the machine does at that moment.
    """
    if isinstance(value, dict):
        return {key: "list" if key == "reasons" else shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return "number" if isinstance(value, int | float) else type(value).__name__


def kept(store: Store, run_id: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in store.measurements(run_id):
        counts[row.name] = counts.get(row.name, 0) + 1
    return counts


def test_the_document_has_the_keys_that_others_read(path: Path, store: Store) -> None:
    document = profile(path, store)
    assert document["schema"] == "kdedge.profile/1"
    assert set(document) >= {
        "model", "machine", "software", "settings", "latency", "raw", "memory", "energy",
        "noise", "pass_at_k",
    }  # fmt: skip
    assert set(document["latency"]) >= {
        "load_s", "ttft_s", "itl_s", "prefill_tokens_per_s", "decode_tokens_per_s",
    }  # fmt: skip
    assert set(document["latency"]["ttft_s"]) >= {"median", "p95", "ci95"}
    assert set(document["latency"]["itl_s"]) >= {"p50", "p95", "p99"}
    assert set(document["memory"]) >= {
        "peak_rss_bytes", "anon_bytes", "weights_resident_bytes", "kv_cache_bytes", "predicted",
    }  # fmt: skip
    assert set(document["energy"]) >= {"status", "source", "joules_per_token"}
    assert set(document["noise"]) >= {"verdict", "reasons"}


def test_rows_carry_the_field_names_of_llama_bench(path: Path, store: Store) -> None:
    prefill, decode = profile(path, store)["raw"]
    assert set(prefill) >= {
        "build_commit", "build_number", "cpu_info", "gpu_info", "backends", "model_filename",
        "model_type", "model_size", "model_n_params", "n_batch", "n_ubatch", "n_threads",
        "cpu_mask", "cpu_strict", "poll", "type_k", "type_v", "n_gpu_layers", "split_mode",
        "main_gpu", "no_kv_offload", "flash_attn", "devices", "tensor_split", "load_mode",
        "embeddings", "no_op_offload", "n_prompt", "n_gen", "n_depth", "test_time", "avg_ns",
        "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts",
    }  # fmt: skip
    assert prefill["n_prompt"] == 512
    assert decode["n_gen"] == 128
    assert decode["avg_ts"] == pytest.approx(1000)
    assert len(decode["samples_ns"]) == len(decode["samples_ts"]) == 5


def test_numbers_follow_their_definitions(path: Path, store: Store) -> None:
    latency = profile(path, store)["latency"]
    assert latency["ttft_s"]["median"] == pytest.approx(0.100003)
    assert latency["prefill_tokens_per_s"]["median"] == pytest.approx(5120)  # not by the TTFT
    assert latency["decode_tokens_per_s"]["median"] == pytest.approx(1000)  # after the first
    assert latency["itl_s"]["p50"] == pytest.approx(0.001)
    assert latency["tpot_s"]["median"] == pytest.approx(0.001)
    assert latency["pipeline_share"] == pytest.approx(0.01)
    assert latency["load_s"] == pytest.approx(0.11)
    assert latency["cached_prompt_tokens"] == 0


def test_the_process_itself_is_told_apart_from_the_model(path: Path, store: Store) -> None:
    memory = profile(path, store)["memory"]
    mebibyte = 1024**2
    assert memory["own_bytes"] == 10 * mebibyte
    assert memory["anon_bytes"] == 160 * mebibyte
    assert memory["model_anon_bytes"] == 150 * mebibyte
    assert memory["kv_cache_bytes"] == 90 * mebibyte
    assert memory["predicted"]["kv_cache_bytes"] > 0


def test_raw_says_why_there_is_no_latency_of_requests(path: Path, store: Store) -> None:
    options = ProfileOptions(quick=True, raw_only=True)
    document = profile(path, store, options=options)
    assert document["latency"]["ttft_s"] is None
    assert document["latency"]["reason"] == "not measured with --raw"
    assert len(document["raw"]) == 2


def test_no_suite_is_a_reason_for_no_pass_at_k(path: Path, store: Store) -> None:
    document = profile(path, store)
    assert document["pass_at_k"] is None
    assert "--suite" in document["pass_at_k_reason"]


@pytest.mark.parametrize("stop_after", [0, 1, 5, 9, 14, 20, 25, 30, 35, 40])
def test_an_interrupted_run_goes_on_and_ends_in_the_same_document(
    path: Path, store: Store, stop_after: int
) -> None:
    whole = profile(path, store)
    with pytest.raises(InterruptedRunError) as caught:
        profile(path, store, machine=FakeMachine(stop_after=stop_after))
    assert caught.value.exit_code == 130
    resumed = profile(path, store, options=RESUMED)
    assert resumed["run"] != whole["run"]
    assert shape(resumed) == shape(whole)
    undisturbed, again = kept(store, whole["run"]), kept(store, resumed["run"])
    assert {**again, "before": 1} == undisturbed
    assert again["before"] == 2


def test_a_run_killed_without_a_word_goes_on_too(path: Path, store: Store) -> None:
    class Killed(BaseException):
        """Leaves no chance to write anything."""

    machine = FakeMachine(stop_after=20, stop_with=Killed())
    finish = store.finish_run
    store.finish_run = lambda *_, **__: None  # type: ignore[method-assign]
    with pytest.raises(Killed):
        profile(path, store, machine=machine)
    store.finish_run = finish  # type: ignore[method-assign]
    (run,) = store.runs()
    assert run.status == "running"
    assert profile(path, store, options=RESUMED)["run"] == run.run_id


def test_resuming_measures_only_what_is_missing(path: Path, store: Store) -> None:
    everything = FakeMachine()
    profile(path, store, machine=everything)
    with pytest.raises(InterruptedRunError):
        profile(path, store, machine=FakeMachine(stop_after=len(everything.orders) - 1))
    rest = FakeMachine()
    profile(path, store, machine=rest, options=RESUMED)
    assert rest.orders == ["load", "context", "cut", "user"]  # the memory repetition alone


def test_a_dead_process_fails_the_run_in_a_sentence_and_it_can_be_resumed(
    path: Path, store: Store
) -> None:
    death = KdedgeError("The process was killed.", hint="Use a smaller model.")
    events: list[Event] = []
    with pytest.raises(KdedgeError, match="was killed"):
        profile(path, store, machine=FakeMachine(stop_after=7, stop_with=death), events=events)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "failed"
    assert profile(path, store, options=RESUMED)["schema"] == "kdedge.profile/1"


def test_a_run_of_other_settings_cannot_be_resumed_by_its_id(path: Path, store: Store) -> None:
    with pytest.raises(InterruptedRunError):
        profile(path, store, machine=FakeMachine(stop_after=3))
    (run,) = store.runs()
    other = ProfileOptions(context_tokens=512, resume=run.run_id)
    with pytest.raises(KdedgeError, match="other settings"):
        profile(path, store, options=other)


def test_a_file_that_changes_meanwhile_is_no_result(path: Path, store: Store) -> None:
    def change(event: Event) -> None:
        if isinstance(event, Progress) and event.phase == "memory":
            path.write_bytes(tiny_llama(n_layers=3).to_bytes())

    with pytest.raises(KdedgeError, match="was changed while it was profiled"):
        profile_model(
            path,
            options=QUICK,
            store=store,
            sink=change,
            instruments=FakeMachine().instruments(),
        )


def test_memory_that_will_be_short_is_said_and_blocks_nothing(path: Path, store: Store) -> None:
    events: list[Event] = []
    options = ProfileOptions(quick=True, context_tokens=1_000_000_000)
    document = profile(path, store, options=options, events=events)
    assert document["memory"]["predicted"]["fit"] == "short"
    assert any(isinstance(event, Note) and "MiB short" in event.text for event in events)


def test_an_interrupted_list_of_models_goes_on_at_the_model_it_was_at(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = path.with_name("second.gguf")
    second.write_bytes(tiny_llama(n_layers=3).to_bytes())
    done = profile(path, store)
    with pytest.raises(InterruptedRunError):
        profile(second, store, machine=FakeMachine(stop_after=12))
    interrupted = store.runs()[0].run_id
    measured: list[Path] = []

    def measure(path: Path, **rest: Any) -> dict[str, Any]:
        measured.append(path)
        return profile_model(path, **rest, instruments=FakeMachine().instruments())

    monkeypatch.setattr("kdedge.profile.run.profile_model", measure)
    documents = profile_models([path, second], options=RESUMED, store=store, sink=ignore)
    assert [document["run"] for document in documents] == [done["run"], interrupted]
    assert measured == [second]
