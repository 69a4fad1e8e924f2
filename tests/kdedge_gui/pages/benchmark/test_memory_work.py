"""The memory of a benchmark is that of all its completions side by side."""

from pathlib import Path

import pytest

from kdedge_gui.pages.benchmark.forecast import MemoryGuess
from kdedge_gui.pages.benchmark.memory_work import memory_guess
from tests.machines import a_machine
from tests.tiny_gguf import tiny_llama

_MIB = 1024**2


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    return path


def guessed(path: Path, *, n_sequences: int = 1, free: int | None = None) -> MemoryGuess:
    return memory_guess(
        path,
        context_tokens=512,
        n_sequences=n_sequences,
        machine=a_machine(),
        available_bytes=free,
    )


def test_more_completions_side_by_side_need_more(model: Path) -> None:
    one, many = guessed(model).needs_bytes, guessed(model, n_sequences=16).needs_bytes
    assert one is not None
    assert many is not None
    assert many > one
    assert "16 completions" in guessed(model, n_sequences=16).basis


def test_what_is_free_now_decides_whether_it_fits(model: Path) -> None:
    assert guessed(model).fit == "fits"
    short = guessed(model, free=_MIB)
    assert short.fit == "short"
    assert short.short_by_bytes > 0
    assert short.available_bytes == _MIB


def test_a_file_that_cannot_be_read_is_said_and_not_guessed(tmp_path: Path) -> None:
    guess = guessed(tmp_path / "missing.gguf")
    assert guess.needs_bytes is None
    assert "missing.gguf" in guess.basis
