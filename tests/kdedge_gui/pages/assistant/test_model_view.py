from pathlib import Path

import pytest

from kdedge.models.footprint import Footprint
from kdedge_gui.library import ModelEntry
from kdedge_gui.pages.assistant.content import Content, Mode, content_of
from kdedge_gui.pages.assistant.model_view import (
    ModelView,
    choices_of,
    context_for,
    forecast_of,
)
from tests.kdedge_gui.pages.assistant.fake_engine import MODEL, FakeEngine

OTHER = Path("/models/other.gguf")


def _footprint(fit: str, *, short: int = 0) -> Footprint:
    sizes = dict.fromkeys(
        (
            "weights_bytes",
            "kv_cache_bytes",
            "compute_bytes",
            "output_bytes",
            "repacked_bytes",
            "base_bytes",
            "anon_bytes",
        ),
        0,
    )
    return Footprint(
        **sizes,
        needs_bytes=3 * 1024**3,
        available_bytes=2 * 1024**3,
        fit=fit,  # type: ignore[arg-type]
        short_by_bytes=short,
    )


def test_files_that_are_gone_or_unreadable_cannot_be_picked() -> None:
    entries = (
        ModelEntry(name="a", path=MODEL, origin="added", file_bytes=1),
        ModelEntry(name="b", path=OTHER, origin="added", file_bytes=None),
        ModelEntry(name="c", path=OTHER, origin="added", file_bytes=1, problem="broken"),
    )
    assert [choice.name for choice in choices_of(entries)] == ["a"]


def test_the_forecast_names_what_is_missing() -> None:
    forecast = forecast_of(_footprint("short", short=1024**3), context_tokens=4096)
    assert forecast.kind == "bad"
    assert forecast.word == "Will not fit"
    assert "3.00\u00a0GiB of 2.00\u00a0GiB" in forecast.text
    assert "Short by 1.00\u00a0GiB" in forecast.text
    assert "4,096" in forecast.text


def test_a_model_whose_header_is_not_read_gets_what_is_wanted() -> None:
    assert context_for(None, wanted_tokens=8192) == 8192


@pytest.mark.parametrize(
    ("state", "picked", "loads", "unloads"),
    [
        ("empty", None, False, False),
        ("empty", MODEL, True, False),
        ("loading", MODEL, False, False),
        ("ready", MODEL, False, True),
        ("ready", OTHER, True, False),
        ("generating", OTHER, True, False),
        ("failed", MODEL, True, False),
    ],
)
def test_load_and_unload_are_offered_where_they_make_sense(
    state: str, picked: Path | None, loads: bool, unloads: bool
) -> None:
    loaded = MODEL if state != "empty" else None
    view = ModelView(state=state, picked=picked, loaded=loaded)
    assert (view.can_load, view.can_unload) == (loads, unloads)


@pytest.mark.parametrize(
    ("mode", "chats", "fills", "content"),
    [
        ("chat", True, False, Content.CHAT),
        ("chat", False, True, Content.NO_CHAT),
        ("completion", False, False, Content.COMPLETION),
        ("fill", True, False, Content.NO_FILL),
        ("fill", False, True, Content.FILL),
    ],
)
def test_a_mode_is_shown_if_the_model_can_do_it(
    mode: Mode, chats: bool, fills: bool, content: Content, qapp: object
) -> None:
    engine = FakeEngine(None)  # type: ignore[arg-type]
    engine.have(has_chat_template=chats, has_fim=fills)
    found = content_of(mode, state="ready", loaded=engine.loaded, has_text=False)
    assert found is content


def test_without_a_model_a_conversation_stays_in_view() -> None:
    assert content_of("chat", state="failed", loaded=None, has_text=True) is Content.CHAT
    assert content_of("chat", state="failed", loaded=None, has_text=False) is Content.NO_MODEL
    assert content_of("fill", state="loading", loaded=None, has_text=False) is Content.LOADING
