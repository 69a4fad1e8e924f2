from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdedge.core.errors import KdedgeError
from kdedge.core.machine import MachineFacts
from kdedge.models.footprint import Footprint
from kdedge.models.header import Header, read_header
from kdedge_gui.pages.models.forecast import (
    LEAST_TOKENS,
    ContextWanted,
    context_steps,
    forecast,
    step_near,
)
from tests.tiny_gguf import STRING, U32, entry, tiny_llama

_GIB = 1024**3
_MACHINE = MachineFacts(
    os="Linux x86_64",
    kernel="6",
    cpu_model="A CPU",
    cpu_features=(),
    physical_cores=2,
    logical_cores=2,
    usable_cores=2,
    memory_total_bytes=8 * _GIB,
    memory_available_bytes=6 * _GIB,
    governor=None,
    on_battery=None,
    load_average_1m=None,
    python="3.11",
)


def _header(path: Path, **more: bytes) -> Header:
    path.write_bytes(tiny_llama(more=more).to_bytes())
    return read_header(path)


def _footprint(header: Header, tokens: int, *, n_sequences: int = 1) -> Footprint:
    wanted = ContextWanted(context_tokens=tokens, n_sequences=n_sequences)
    found = forecast(header, wanted, machine=_MACHINE)
    assert isinstance(found, Footprint)
    return found


def test_steps_double_and_end_at_what_the_model_was_made_for() -> None:
    assert context_steps(8192) == (512, 1024, 2048, 4096, 8192)
    assert context_steps(6000) == (512, 1024, 2048, 4096, 6000)


def test_a_model_made_for_little_has_its_one_step() -> None:
    assert context_steps(256) == (256,)


def test_without_a_word_of_the_header_many_steps_are_offered() -> None:
    assert context_steps(None)[-1] == 131_072


@given(st.integers(min_value=0, max_value=2**24))
def test_steps_always_grow(context_length: int) -> None:
    steps = context_steps(context_length)
    assert list(steps) == sorted(set(steps))
    assert steps[0] <= max(LEAST_TOKENS, context_length)


@pytest.mark.parametrize(("tokens", "at"), [(100, 0), (512, 0), (4096, 3), (5000, 3), (9999, 4)])
def test_the_nearest_step_is_not_over_what_is_wanted(tokens: int, at: int) -> None:
    assert step_near((512, 1024, 2048, 4096, 8192), tokens) == at


def test_more_context_and_more_sequences_take_more(tmp_path: Path) -> None:
    header = _header(tmp_path / "tiny.gguf")
    small = _footprint(header, 512)
    assert _footprint(header, 1024).kv_cache_bytes == 2 * small.kv_cache_bytes
    assert _footprint(header, 512, n_sequences=4).kv_cache_bytes == 4 * small.kv_cache_bytes


def test_what_is_free_now_decides_whether_it_fits(tmp_path: Path) -> None:
    header = _header(tmp_path / "tiny.gguf")
    wanted = ContextWanted(context_tokens=512)
    found = forecast(header, wanted, machine=_MACHINE, available_bytes=1024)
    assert isinstance(found, Footprint)
    assert found.fit == "short"
    assert found.available_bytes == 1024
    assert _footprint(header, 512).fit == "fits"


def test_a_model_whose_memory_cannot_be_told_says_why(tmp_path: Path) -> None:
    header = _header(tmp_path / "tiny.gguf", state=entry("llama.ssm.state_size", U32, 16))
    found = forecast(header, ContextWanted(context_tokens=512), machine=_MACHINE)
    assert isinstance(found, KdedgeError)
    assert "cannot be predicted" in found.problem


def test_a_machine_without_memory_is_no_error(tmp_path: Path) -> None:
    header = _header(tmp_path / "tiny.gguf", note=entry("general.license", STRING, "mit"))
    empty = replace(_MACHINE, memory_available_bytes=0)
    found = forecast(header, ContextWanted(context_tokens=512), machine=empty)
    assert isinstance(found, Footprint)
    assert found.short_by_bytes == found.needs_bytes
