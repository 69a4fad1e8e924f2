from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from kdedge_gui.background import Background
from kdedge_gui.engine.ask import Ask, Finished, Message
from kdedge_gui.engine.link import EngineLink
from tests.kdedge_gui.children import fake_commands, is_gone

_WAIT_MS = 60_000
_CHAT = Ask(kind="chat", messages=(Message(role="user", text="hi"),))
MakeLink = Callable[[str], EngineLink]


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


@pytest.fixture
def make_link(
    background: Background, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeLink]:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path))
    made = []

    def make(worker: str) -> EngineLink:
        made.append(EngineLink(background, commands=fake_commands(worker=worker)))
        return made[-1]

    yield make
    for link in made:
        link.close()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "coder.gguf"
    path.write_bytes(b"GGUF")
    return path


def _reached(qtbot: QtBot, link: EngineLink, state: str) -> EngineLink:
    qtbot.waitUntil(lambda: link.state == state, timeout=_WAIT_MS)
    return link


def _loading(link: EngineLink, model: Path) -> EngineLink:
    link.load(model, context_tokens=2048, n_threads=None)
    return link


def _ready(qtbot: QtBot, link: EngineLink, model: Path) -> EngineLink:
    return _reached(qtbot, _loading(link, model), "ready")


def _gathered(signal: Any) -> list[Any]:
    found: list[Any] = []
    signal.connect(lambda *values: found.append(values if len(values) > 1 else values[0]))
    return found


def test_a_model_is_loaded_and_its_facts_are_told(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = make_link("normal")
    states, fractions = _gathered(link.state_changed), _gathered(link.load_progress)
    _ready(qtbot, link, model)
    assert states == ["starting", "loading", "ready"]
    assert fractions == [0.5]
    assert link.model_path == model
    assert link.loaded is not None
    assert (link.loaded.context_tokens, link.loaded.n_threads) == (2048, 2)
    assert link.loaded.has_fim


def test_a_completion_comes_as_text_then_whole(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("normal"), model)
    texts, stats = _gathered(link.text), _gathered(link.stat)
    with qtbot.waitSignal(link.completed, timeout=_WAIT_MS) as ended:
        request_id = link.generate(_CHAT)
    (finished,) = ended.args
    assert finished == Finished(
        request_id=request_id,
        text="t1 t2 t3 ",
        finish_reason="stop",
        n_prompt_tokens=5,
        n_tokens=3,
        ttft_s=0.1,
        decode_s=0.2,
    )
    assert {each[0] for each in texts} == {request_id}
    assert "".join(each[1] for each in texts) == "t1 t2 t3 "
    assert stats[0].context_tokens == 2048
    assert link.state == "ready"


def test_the_next_request_may_be_made_as_soon_as_one_is_completed(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("normal"), model)
    asked = []

    def again(_: object) -> None:
        if len(asked) < 3:
            asked.append(link.generate(_CHAT))

    link.completed.connect(again)
    asked.append(link.generate(_CHAT))
    qtbot.waitUntil(lambda: len(asked) == 3, timeout=_WAIT_MS)
    _reached(qtbot, link, "ready")
    assert len(set(asked)) == 3


def test_a_flood_of_tokens_comes_in_few_portions_and_whole(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("flood"), model)
    texts = _gathered(link.text)
    with qtbot.waitSignal(link.completed, timeout=_WAIT_MS):
        link.generate(_CHAT)
    text = "".join(each[1] for each in texts)
    assert text == "".join(f"t{n} " for n in range(1, 4001))
    assert len(texts) < 400


def test_stop_ends_a_completion_and_keeps_the_model(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("slow"), model)
    with qtbot.waitSignal(link.text, timeout=_WAIT_MS):
        link.generate(_CHAT)
    pid = link.pid
    with qtbot.waitSignal(link.completed, timeout=_WAIT_MS) as ended:
        link.stop()
        assert link.state == "stopping"
    assert ended.args[0].finish_reason == "cancelled"
    assert (link.state, link.pid) == ("ready", pid)


def test_a_worker_that_hears_no_cancel_is_ended_by_force_and_the_model_loaded_again(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("deaf"), model)
    failures = _gathered(link.failed)
    link._ladder.setInterval(1)
    with qtbot.waitSignal(link.text, timeout=_WAIT_MS):
        link.generate(_CHAT)
    pid = link.pid
    link.stop()
    _reached(qtbot, link, "ready")
    assert link.pid != pid
    assert is_gone(pid)
    assert failures == []


def test_a_load_is_cancelled(qtbot: QtBot, make_link: MakeLink, model: Path) -> None:
    link = _loading(make_link("slow-load"), model)
    failures = _gathered(link.failed)
    with qtbot.waitSignal(link.load_progress, timeout=_WAIT_MS):
        pass
    link.stop()
    _reached(qtbot, link, "empty")
    assert failures == []
    assert link.model_path is None


def test_a_load_that_cannot_be_cancelled_is_ended_by_force(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _loading(make_link("deaf-load"), model)
    link._ladder.setInterval(1)
    with qtbot.waitSignal(link.load_progress, timeout=_WAIT_MS):
        pass
    link.stop()
    _reached(qtbot, link, "empty")
    assert link.pid == 0


def test_a_stop_before_the_worker_is_up_leaves_nothing(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _loading(make_link("normal"), model)
    link.stop()
    _reached(qtbot, link, "empty")
    assert link.pid == 0


def test_another_model_wanted_while_one_is_loading_takes_its_place(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    other = model.with_name("other.gguf")
    other.write_bytes(b"GGUF")
    link = _ready(qtbot, make_link("normal"), model)
    _loading(link, model)
    _loading(link, other)
    qtbot.waitUntil(lambda: (link.state, link.model_path) == ("ready", other), timeout=_WAIT_MS)
    assert link.loaded is not None


def test_another_model_wanted_while_one_writes_stops_it_first(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    other = model.with_name("other.gguf")
    other.write_bytes(b"GGUF")
    link = _ready(qtbot, make_link("slow"), model)
    finished = _gathered(link.completed)
    link.generate(_CHAT)
    _loading(link, other)
    qtbot.waitUntil(lambda: (link.state, link.model_path) == ("ready", other), timeout=_WAIT_MS)
    assert [each.finish_reason for each in finished] == ["cancelled"]


@pytest.mark.parametrize(
    ("worker", "words"), [("crash", "crashed inside llama.cpp"), ("out-of-memory", "memory")]
)
def test_a_worker_that_dies_while_writing_is_told_in_a_sentence(
    qtbot: QtBot, make_link: MakeLink, model: Path, worker: str, words: str
) -> None:
    link = _ready(qtbot, make_link(worker), model)
    texts = _gathered(link.text)
    with qtbot.waitSignal(link.failed, timeout=_WAIT_MS) as ended:
        link.generate(_CHAT)
    (error,) = ended.args
    assert words in error.problem
    assert "coder.gguf" in error.problem
    assert "in memory when it was last looked at" in error.detail
    assert link.state == "failed"
    assert link.last_error == error
    assert "".join(each[1] for each in texts) == "t1 t2 t3 "


def test_a_model_that_killed_the_worker_is_remembered_until_it_loads(
    qtbot: QtBot, make_link: MakeLink, background: Background, model: Path
) -> None:
    link = _loading(make_link("crash-load"), model)
    _reached(qtbot, link, "failed")
    assert link.last_error is not None
    assert link.last_error.detail == "ggml: 7 is not 8"
    qtbot.waitUntil(lambda: background.is_idle, timeout=_WAIT_MS)
    later = make_link("normal")
    later.read_marker()
    qtbot.waitUntil(lambda: bool(later.death_of(model)), timeout=_WAIT_MS)
    assert "cannot handle" in later.death_of(model)
    _ready(qtbot, later, model)
    assert later.death_of(model) == ""


def test_a_worker_that_dies_at_the_start_is_not_held_against_the_model(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _loading(make_link("dies"), model)
    _reached(qtbot, link, "failed")
    assert link.last_error is not None
    assert "llama_cpp" in link.last_error.detail
    assert link.death_of(model) == ""


def test_a_worker_of_another_version_is_refused_in_a_sentence(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _loading(make_link("version"), model)
    _reached(qtbot, link, "failed")
    assert link.last_error is not None
    assert "another version" in link.last_error.problem
    assert link.pid == 0


def test_garbage_between_messages_harms_nothing(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("garbage"), model)
    with qtbot.waitSignal(link.completed, timeout=_WAIT_MS):
        link.generate(_CHAT)
    assert link.loaded is not None


def test_a_prompt_that_does_not_fit_fails_and_keeps_the_model(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("too-long"), model)
    with qtbot.waitSignal(link.failed, timeout=_WAIT_MS) as ended:
        link.generate(_CHAT)
    assert ended.args[0].problem == "The prompt is too long."
    assert link.state == "ready"


def test_a_file_that_is_gone_is_told_and_the_loaded_model_stays(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("normal"), model)
    facts = link.loaded
    with qtbot.waitSignal(link.failed, timeout=_WAIT_MS) as ended:
        _loading(link, model.with_name("gone.gguf"))
    assert "gone.gguf is gone" in ended.args[0].problem
    assert (link.state, link.model_path, link.loaded) == ("ready", model, facts)


def test_a_file_that_is_gone_is_told_before_a_worker_is_started(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _loading(make_link("normal"), model.with_name("gone.gguf"))
    _reached(qtbot, link, "failed")
    assert link.pid == 0


def test_a_file_that_is_deleted_while_loaded_stays_in_use(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("normal"), model)
    model.unlink()
    with qtbot.waitSignal(link.completed, timeout=_WAIT_MS):
        link.generate(_CHAT)


def test_a_file_that_the_worker_refuses_fails_in_its_words(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    refused = model.with_name("refused.gguf")
    refused.write_bytes(b"GGUF")
    link = _loading(make_link("normal"), refused)
    _reached(qtbot, link, "failed")
    assert link.last_error is not None
    assert link.last_error.problem == "It is no GGUF file."
    _ready(qtbot, link, model)
    assert link.last_error is None


def test_unload_ends_the_worker(qtbot: QtBot, make_link: MakeLink, model: Path) -> None:
    link = _ready(qtbot, make_link("normal"), model)
    pid = link.pid
    link.unload()
    _reached(qtbot, link, "empty")
    assert is_gone(pid)
    assert (link.model_path, link.loaded) == (None, None)
    link.unload()
    assert link.state == "empty"


def test_a_worker_without_a_word_is_said_not_to_respond_and_can_be_restarted(
    qtbot: QtBot, make_link: MakeLink, model: Path
) -> None:
    link = _ready(qtbot, make_link("hang"), model)
    with qtbot.waitSignal(link.text, timeout=_WAIT_MS):
        link.generate(_CHAT)
    pid, silent = link.pid, _gathered_once(link.not_responding)
    for _ in range(4):
        link._heart.beat()
    assert silent == ["silent"]
    link.restart()
    qtbot.waitUntil(lambda: link.state == "ready" and link.pid != pid, timeout=_WAIT_MS)


def _gathered_once(signal: Any) -> list[str]:
    found: list[str] = []
    signal.connect(lambda: found.append("silent"))
    return found


def test_tokens_are_counted(qtbot: QtBot, make_link: MakeLink, model: Path) -> None:
    link = _ready(qtbot, make_link("normal"), model)
    with qtbot.waitSignal(link.counted, timeout=_WAIT_MS) as answered:
        link.count_tokens("three small words")
    assert answered.args == [3]


def test_nothing_is_generated_without_a_model(make_link: MakeLink) -> None:
    with pytest.raises(ValueError, match="empty, not ready"):
        make_link("normal").generate(_CHAT)


@pytest.mark.parametrize("worker", ["slow", "deaf"])
def test_closing_while_it_writes_leaves_no_process(
    qtbot: QtBot,
    make_link: MakeLink,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    worker: str,
) -> None:
    monkeypatch.setattr("kdedge_gui.engine.link._LADDER_S", 0.1)
    link = _ready(qtbot, make_link(worker), model)
    with qtbot.waitSignal(link.text, timeout=_WAIT_MS):
        link.generate(_CHAT)
    pid = link.pid
    link.close()
    assert is_gone(pid)
