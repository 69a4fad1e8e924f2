import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from kdedge_gui.header_cache import HeaderCache
from tests.machines import a_machine
from tests.tiny_gguf import tiny_llama

_MACHINE = a_machine(free_mib=4096)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KDEDGE_HOME", str(tmp_path / "home"))
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    return path


def _loaded() -> HeaderCache:
    cache = HeaderCache()
    cache.load()
    return cache


def test_what_a_header_says_is_the_same_at_the_next_start(model: Path) -> None:
    first = _loaded()
    facts = first.read(model, machine=_MACHINE)
    first.save()
    assert facts.summary is not None
    assert _loaded().known(model, machine=_MACHINE) == facts


def test_whether_it_fits_is_asked_again_with_the_memory_of_now(model: Path) -> None:
    cache = _loaded()
    cache.read(model, machine=_MACHINE)
    facts = cache.known(model, machine=replace(_MACHINE, memory_available_bytes=1000))
    assert facts is not None
    assert facts.summary is not None
    assert facts.summary.prediction is not None
    assert facts.summary.prediction.fit == "short"
    assert facts.summary.prediction.short_by_bytes > 0


def test_a_file_that_changed_is_not_known_any_more(model: Path) -> None:
    cache = _loaded()
    cache.read(model, machine=_MACHINE)
    os.utime(model, ns=(1, 1))
    assert cache.known(model, machine=_MACHINE) is None


def test_a_file_that_is_no_model_is_known_as_such(model: Path) -> None:
    model.write_bytes(b"GGUX and more")
    cache = _loaded()
    cache.read(model, machine=_MACHINE)
    cache.save()
    facts = _loaded().known(model, machine=_MACHINE)
    assert facts is not None
    assert "does not start with GGUF" in facts.problem


def test_a_file_that_is_gone_is_forgotten(model: Path) -> None:
    cache = _loaded()
    cache.read(model, machine=_MACHINE)
    model.unlink()
    cache.save()
    kept = json.loads((model.parent / "home/cache/headers.json").read_text())
    assert kept["files"] == {}


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"files": 1}', '{"files": {"a": {}}}', '{"files": {"a": {"file_bytes": 1}}}'],
)
def test_a_damaged_cache_is_no_cache(model: Path, text: str) -> None:
    path = model.parent / "home" / "cache" / "headers.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    cache = _loaded()
    assert cache.known(model, machine=_MACHINE) is None
    assert cache.read(model, machine=_MACHINE).summary is not None


def test_a_folder_that_cannot_be_written_costs_only_the_next_start(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDEDGE_HOME", str(model / "below-a-file"))
    cache = _loaded()
    assert cache.read(model, machine=_MACHINE).summary is not None
    cache.save()
    assert cache.known(model, machine=_MACHINE) is not None
