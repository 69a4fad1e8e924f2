"""Prompts as token ids, from a small model with a template that tells what it was given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime.model import Model
from kdedge.runtime.options import Prompt, Turn
from kdedge.runtime.prompting import prompt_tokens, render_chat
from kdedge.runtime.wire import generate_message, read_requests
from tests.tiny_model import TEMPLATE, weights, write_model

HISTORY = (
    Turn(role="system", content="Be brief."),
    Turn(role="user", content="Hello"),
    Turn(role="assistant", content="Hi."),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    path = tmp_path_factory.mktemp("models") / "chat.gguf"
    model = Model(write_model(path, weights(), chat_template=TEMPLATE, fim_tokens=(1, 2, 3)))
    yield model
    model.close()


def test_what_was_said_before_stands_before_the_new_message(model: Model) -> None:
    prompt = Prompt(kind="chat", text="Bye", history=HISTORY)
    assert render_chat(model, prompt) == (
        "<system>Be brief.\n<user>Hello\n<assistant>Hi.\n<user>Bye\n<assistant>"
    )


def test_a_chat_without_history_is_its_only_message(model: Model) -> None:
    assert render_chat(model, Prompt(kind="chat", text="Bye")) == "<user>Bye\n<assistant>"


def test_a_message_that_was_said_before_is_not_taken_for_the_new_one(model: Model) -> None:
    prompt = Prompt(kind="chat", text="Hello", history=HISTORY, shared_length=5)
    assert prompt_tokens(model, prompt).n_shared == 0


def test_a_role_that_no_chat_has_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="'tool'"):
        Turn(role="tool", content="x")  # type: ignore[arg-type]


def test_a_template_that_knows_no_system_message_says_what_to_leave_out(tmp_path: Path) -> None:
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}"
    model = Model(write_model(tmp_path / "m.gguf", weights(), chat_template=strict))
    try:
        with pytest.raises(KdedgeError, match="fails: no") as caught:
            render_chat(model, Prompt(kind="chat", text="Bye", history=HISTORY))
    finally:
        model.close()
    assert "system message" in caught.value.hint


def test_a_gap_is_asked_for_with_the_tokens_the_file_names(model: Model) -> None:
    found = prompt_tokens(model, Prompt(kind="fill", text="AB", suffix="C"))
    assert found.tokens == (1, *b"AB", 2, *b"C", 3)


def test_a_file_without_tokens_for_a_gap_is_refused(tmp_path: Path) -> None:
    model = Model(write_model(tmp_path / "m.gguf", weights()))
    try:
        with pytest.raises(KdedgeError, match="no fill-in-the-middle tokens"):
            prompt_tokens(model, Prompt(kind="fill", text="AB", suffix="C"))
    finally:
        model.close()


def test_requests_come_out_of_the_pipe_as_they_went_in() -> None:
    from kdedge.runtime.options import Request, Sampling

    sent = [
        Request(
            request_id="1",
            prompt=Prompt(kind="chat", text="Bye", history=HISTORY),
            sampling=Sampling(temperature=0.5, top_k=40),
            stop=("END",),
        )
    ]
    assert read_requests(generate_message(sent, stream=True)) == sent


def test_what_a_request_leaves_out_is_as_usual() -> None:
    (request,) = read_requests({"requests": [{"request_id": "1", "prompt": {"text": "a"}}]})
    assert (request.sampling.temperature, request.stop, request.prompt.history) == (0, (), ())
