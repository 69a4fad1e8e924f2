"""The worker process and its orders, on a small model that never ends a text by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kdedge.runtime.client import WorkerClient
from kdedge.runtime.options import LoadOptions, Prompt, Request, Sampling
from tests.kdedge.runtime.worker_process import WorkerProcess, generate, load
from tests.tiny_model import TEMPLATE, byte_tokens, endless_weights, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    return write_model(path, endless_weights(), chat_template=TEMPLATE, fim_tokens=(1, 2, 3))


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    with WorkerProcess() as worker:
        assert worker.until("hello")["protocol"] == 2
        yield worker


def test_a_loaded_model_says_what_it_can_do(worker: WorkerProcess, model: Path) -> None:
    worker.send(load(model))
    told = worker.until("load")
    assert told["n_vocab"] == len(byte_tokens())
    assert (told["has_chat_template"], told["has_fim"], told["n_threads"]) == (True, True, 1)


def test_a_file_without_tokens_for_a_gap_says_so(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.send(load(write_model(tmp_path / "plain.gguf", endless_weights())))
    told = worker.until("load")
    assert (told["has_chat_template"], told["has_fim"]) == (False, False)


def test_a_load_tells_how_far_it_is_up_to_the_end(worker: WorkerProcess, model: Path) -> None:
    worker.send(load(model))
    worker.until("load")
    told = worker.said("progress")
    assert {each["phase"] for each in told} == {"loading"}
    fractions = [each["fraction"] for each in told]
    assert fractions == sorted(set(fractions))
    assert fractions[-1] == 1


def test_a_ping_is_answered_while_the_model_decodes(worker: WorkerProcess, model: Path) -> None:
    worker.send(load(model), generate("long"))
    worker.until("load")
    worker.send({"op": "ping"})
    worker.until("pong")
    assert worker.said("done") == []


def test_a_cancel_ends_the_completion_that_runs(worker: WorkerProcess, model: Path) -> None:
    worker.send(load(model), generate("long", stream=True))
    worker.until("token")
    worker.send({"op": "cancel"})
    done = worker.until("done")
    assert done["finish_reason"] == "cancelled"
    assert done["n_tokens"] > 0
    worker.until("stat")


def test_a_cancel_holds_for_what_was_ordered_before_it_and_for_nothing_else(
    worker: WorkerProcess, model: Path
) -> None:
    worker.send(load(model))
    worker.until("load")
    before, after = generate("before"), generate("after", max_tokens=3)
    worker.send(before, {"op": "cancel"}, after)
    assert worker.until("done")["finish_reason"] == "cancelled"
    assert worker.until("done")["finish_reason"] == "length"


def test_every_cancelled_request_is_answered(worker: WorkerProcess, model: Path) -> None:
    order = load(model)
    order["options"] |= {"alone": False, "n_sequences": 2, "context_tokens": 8192}
    worker.send(order, generate("a", "b", "c", "d", stream=True))
    worker.until("token")
    worker.send({"op": "cancel"})
    worker.until("stat")
    ended = {each["request_id"]: each for each in worker.said("done")}
    assert set(ended) == {"a", "b", "c", "d"}
    assert {each["finish_reason"] for each in ended.values()} == {"cancelled"}
    assert ended["d"]["n_tokens"] == 0
    assert ended["d"]["n_prompt_tokens"] == len("def f(x):")


def test_an_unload_ends_the_completion_that_runs_and_frees_the_model(
    worker: WorkerProcess, model: Path
) -> None:
    worker.send(load(model), generate("long"), {"op": "unload"}, generate("late"))
    worker.until("unloaded")
    assert [each["finish_reason"] for each in worker.said("done")] in ([], ["cancelled"])
    assert "No model is loaded" in worker.until("error")["problem"]


def test_memory_is_told_when_it_was_asked_for(worker: WorkerProcess, model: Path) -> None:
    worker.send(load(model, watch=True))
    worker.until("load")
    assert worker.until("memory")["rss_bytes"] > 1024**2
    worker.send(load(model), {"op": "tokenize", "text": ""})
    worker.until("tokens")
    worker.send({"op": "unload"})
    worker.until("unloaded")
    assert worker.said("memory") == []


def test_tokens_of_a_text_are_counted_without_those_put_around_it(
    worker: WorkerProcess, model: Path
) -> None:
    worker.send(load(model), {"op": "tokenize", "text": "the <x>"})
    assert worker.until("tokens")["count"] == len("the <x>") - 1  # "th" is one


def test_a_stream_tells_the_text_and_how_many_tokens_made_it(
    worker: WorkerProcess, model: Path
) -> None:
    worker.send(load(model), generate("x", max_tokens=40, stream=True))
    done = worker.until("done")
    told = worker.said("token")
    assert "".join(each["text"] for each in told) == done["text"]
    counts = [each["n"] for each in told]
    assert counts == sorted(set(counts))
    assert counts[-1] <= done["n_tokens"] == 40


@pytest.mark.parametrize("line", ["{", "[]", '{"op": 1}', '{"op": "dance"}', '{"op": "load"}'])
def test_an_order_that_is_none_is_refused_and_the_next_one_answered(
    worker: WorkerProcess, line: str
) -> None:
    worker.send(line)
    assert worker.until("error")["problem"]
    worker.send({"op": "ping"})
    worker.until("pong")


def test_sampling_that_cannot_be_is_refused_and_the_model_stays(
    worker: WorkerProcess, model: Path
) -> None:
    wrong = generate("x")
    wrong["requests"][0]["sampling"] = {"temperature": -1}
    worker.send(load(model), wrong)
    assert "temperature" in worker.until("error")["problem"]
    worker.send(generate("y", max_tokens=2))
    assert worker.until("done")["n_tokens"] == 2


def test_a_load_that_fails_leaves_no_model_and_a_worker_that_goes_on(
    worker: WorkerProcess, model: Path, tmp_path: Path
) -> None:
    worker.send(load(model), load(tmp_path / "nowhere.gguf"), generate("x"), load(model))
    worker.until("load")
    failed = worker.until("error")
    assert "no file" in failed["problem"]
    assert failed["cancelled"] is False
    assert "No model" in worker.until("error")["problem"]
    worker.until("load")


def test_a_worker_goes_when_its_input_ends_even_while_it_decodes(
    worker: WorkerProcess, model: Path
) -> None:
    worker.send(load(model), generate("long", stream=True))
    worker.until("token")
    assert worker.end_of_input() == 0


def test_a_client_hears_how_far_the_load_is(model: Path) -> None:
    heard: list[float] = []
    with WorkerClient() as client:
        loaded = client.load(model, options=LoadOptions(n_sequences=2), on_progress=heard.append)
        assert loaded.has_fim
        request = Request(
            request_id="x", prompt=Prompt(text="a"), sampling=Sampling(), max_tokens=3
        )
        (completion,) = client.generate([request], on_text=lambda *_: None)
    assert heard[-1] == 1
    assert completion.n_tokens == 3
