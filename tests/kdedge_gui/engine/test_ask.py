import pytest

from kdedge.runtime.wire import read_options, read_requests
from kdedge_gui.engine.ask import Ask, Finished, LoadOrder, Message


def _turns(*said: tuple[str, str]) -> tuple[Message, ...]:
    return tuple(Message(role=role, text=text) for role, text in said)  # type: ignore[arg-type]


def test_the_worker_reads_a_chat_with_its_history() -> None:
    messages = _turns(("system", "Be short."), ("user", "A?"), ("assistant", "A."), ("user", "B?"))
    order = Ask(kind="chat", messages=messages, stop=("\n",)).to_wire("r1")
    (request,) = read_requests(order)
    assert order["op"] == "generate"
    assert request.request_id == "r1"
    assert request.prompt.text == "B?"
    assert [turn.content for turn in request.prompt.history] == ["Be short.", "A?", "A."]
    assert request.stop == ("\n",)


def test_a_last_turn_of_the_assistant_is_gone_on_with() -> None:
    messages = _turns(("user", "Count."), ("assistant", "1, 2,"))
    (request,) = read_requests(Ask(kind="chat", messages=messages).to_wire("r1"))
    assert request.prompt.text == "Count."
    assert request.prompt.assistant_prefill == "1, 2,"


@pytest.mark.parametrize("said", [(), (("system", "Be short."),), (("assistant", "Hello."),)])
def test_a_chat_without_a_turn_of_the_user_is_refused(said: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="turn of the user"):
        Ask(kind="chat", messages=_turns(*said)).to_wire("r1")


def test_the_worker_reads_code_around_a_gap() -> None:
    order = Ask(kind="fill", text="def f(", suffix="):").to_wire("r1")
    (request,) = read_requests(order)
    assert (request.prompt.kind, request.prompt.text) == ("fill", "def f(")
    assert request.prompt.suffix == "):"


def test_the_worker_reads_the_order_to_load() -> None:
    order = LoadOrder(path="/m.gguf", context_tokens=1024, n_threads=None, n_gpu_layers=-1)
    wire = order.to_wire()
    options = read_options(wire)
    assert (wire["op"], wire["path"], wire["watch"]) == ("load", "/m.gguf", True)
    assert (options.context_tokens, options.n_gpu_layers, options.n_threads) == (1024, -1, None)


@pytest.mark.parametrize(("n_tokens", "decode_s", "speed"), [(3, 0.5, 4.0), (1, 0.0, None)])
def test_decode_speed_counts_the_gaps_between_tokens(
    n_tokens: int, decode_s: float, speed: float | None
) -> None:
    finished = Finished(
        request_id="r1",
        text="",
        finish_reason="stop",
        n_prompt_tokens=1,
        n_tokens=n_tokens,
        ttft_s=0.1,
        decode_s=decode_s,
    )
    assert finished.decode_tokens_per_s == speed
