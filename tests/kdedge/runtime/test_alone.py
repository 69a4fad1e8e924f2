"""One completion at a time in one stream, and what stays in the cache between two."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime.engine import Engine
from kdedge.runtime.options import Completion, LoadOptions, Prompt, Request, Sampling
from tests.tiny_model import endless_weights, write_model

ALONE = LoadOptions(context_tokens=128, alone=True, n_threads=1, prefill_chunk_tokens=16)
BEGIN = "def area(width, height):\n    return"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.gguf", endless_weights())


@pytest.fixture
def engine(model: Path) -> Iterator[Engine]:
    with Engine(model, options=ALONE) as engine:
        yield engine


def ask(engine: Engine, text: str, *, max_tokens: int = 12) -> Completion:
    request = Request(
        request_id="x", prompt=Prompt(text=text), sampling=Sampling(), max_tokens=max_tokens
    )
    (completion,) = engine.generate([request])
    return completion


def test_a_text_that_goes_on_is_prefilled_from_where_it_was(engine: Engine) -> None:
    assert ask(engine, BEGIN).n_cached_tokens == 0
    longer = ask(engine, BEGIN + " width")
    assert longer.n_cached_tokens >= len(BEGIN) - 2
    assert longer.n_cached_tokens < longer.n_prompt_tokens


def test_a_text_asked_for_again_leaves_only_its_last_token_to_prefill(engine: Engine) -> None:
    first, second = ask(engine, BEGIN), ask(engine, BEGIN)
    assert second.n_cached_tokens == second.n_prompt_tokens - 1
    assert second.text == first.text


@pytest.mark.parametrize("earlier", ["def area(depth):", BEGIN + " width * height", "x"])
def test_what_was_there_before_does_not_change_a_completion(model: Path, earlier: str) -> None:
    with Engine(model, options=ALONE) as fresh:
        wanted = ask(fresh, BEGIN)
    with Engine(model, options=ALONE) as used:
        ask(used, earlier, max_tokens=30)
        assert ask(used, BEGIN).text == wanted.text


def test_a_cancelled_completion_leaves_a_cache_that_can_be_used(model: Path) -> None:
    with Engine(model, options=ALONE) as fresh:
        wanted = ask(fresh, BEGIN)
    with Engine(model, options=ALONE) as engine:
        request = Request(
            request_id="x", prompt=Prompt(text=BEGIN), sampling=Sampling(), max_tokens=90
        )

        def stop_at_five(running: object, _: str) -> None:
            if len(running.times_ns) == 5:  # type: ignore[attr-defined]
                engine.cancel()

        (cancelled,) = engine.generate([request], on_token=stop_at_five)
        assert (cancelled.finish_reason, cancelled.n_tokens) == ("cancelled", 5)
        again = ask(engine, BEGIN)
        assert again.n_cached_tokens == again.n_prompt_tokens - 1
        assert again.text == wanted.text


def test_one_sequence_takes_the_cache_of_one(model: Path) -> None:
    with (
        Engine(model, options=ALONE) as alone,
        Engine(model, options=LoadOptions(context_tokens=128, n_sequences=1)) as batch,
    ):
        import llama_cpp.llama_cpp as llama

        rooms = [llama.llama_n_ctx(each.context.handle) for each in (alone, batch)]
    assert rooms[0] < rooms[1] / 2


def test_a_full_context_is_said_to_be_the_reason(engine: Engine) -> None:
    completion = ask(engine, BEGIN, max_tokens=10_000)
    assert completion.finish_reason == "context_full"
    assert completion.n_prompt_tokens + completion.n_tokens == ALONE.context_tokens + 1


def test_a_prompt_larger_than_the_context_is_refused_and_the_next_one_answered(
    engine: Engine,
) -> None:
    with pytest.raises(KdedgeError, match="context holds 128"):
        ask(engine, "word " * 100)
    assert ask(engine, BEGIN).n_tokens == 12
