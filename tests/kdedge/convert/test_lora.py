"""An adapter in llama.cpp changes the logits as peft does; a wrong one is found out."""

from pathlib import Path
from typing import Any

import pytest

from kdedge.convert.lora import AdapterOptions, convert_adapter
from kdedge.core.errors import KdedgeError
from kdedge.core.events import ignore
from kdedge_converters import lora
from tests.proof_cases import write_case
from tests.tiny_adapter import adapter_for

pytest.importorskip("peft", reason="the extra `distill` is not installed")

LLAMA = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.mark.parametrize(
    ("case", "ends", "changed"),
    [
        ("llama", LLAMA, {"use_rslora": True, "alpha_pattern": {"k_proj": 2}}),
        ("qwen2", ["q_proj", "v_proj"], {}),
        ("phi3", ["qkv_proj", "gate_up_proj"], {}),
    ],
)
def test_an_adapter_is_proven_on_its_base(
    case: str, ends: list[str], changed: dict[str, Any], tmp_path: Path
) -> None:
    base = write_case(tmp_path / "base", case)
    adapter = adapter_for(tmp_path / "adapter", base, ends, **changed)
    options = AdapterOptions(base_dir=base)
    made = convert_adapter(adapter, tmp_path / "adapter.gguf", options=options, sink=ignore)
    assert (made.proof.status, made.proof.reason) == ("met", "")
    assert made.written is not None
    assert (tmp_path / "adapter.gguf").stat().st_size == made.written.file_bytes
    assert made.document()["sha256"] == made.written.sha256


def test_a_strength_read_wrongly_is_found_and_no_file_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_case(tmp_path / "base")
    adapter = adapter_for(tmp_path / "adapter", base, ["q_proj"])
    monkeypatch.setattr(lora.LoraSettings, "scale", lambda *_, **__: 1.0)
    options = AdapterOptions(base_dir=base)
    made = convert_adapter(adapter, tmp_path / "adapter.gguf", options=options, sink=ignore)
    assert made.proof.status == "not met"
    assert made.document()["path"] is None
    assert not (tmp_path / "adapter.gguf").exists()


def test_a_base_without_weights_leaves_the_adapter_unproven(tmp_path: Path) -> None:
    base = write_case(tmp_path / "base")
    adapter = adapter_for(tmp_path / "adapter", base, ["q_proj"])
    (base / "model.safetensors").unlink()
    options = AdapterOptions(base_dir=base)
    made = convert_adapter(adapter, tmp_path / "adapter.gguf", options=options, sink=ignore)
    assert made.proof.status == "skipped"
    assert "no weights" in made.proof.reason
    assert made.written is not None


def test_a_base_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    base = write_case(tmp_path / "base")
    adapter = adapter_for(tmp_path / "adapter", base, ["q_proj"])
    options = AdapterOptions(base_dir=tmp_path / "nowhere")
    with pytest.raises(KdedgeError, match=r"config\.json") as caught:
        convert_adapter(adapter, tmp_path / "adapter.gguf", options=options, sink=ignore)
    assert "--base" in caught.value.hint
