from pathlib import Path

from kdedge.models.summary import summarize
from tests.machines import a_machine
from tests.tiny_gguf import STRING, U32, TinyGguf, entry, tiny_llama


def test_a_summary_predicts_for_the_context_that_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    usual = summarize(path, machine=a_machine())
    asked = summarize(path, machine=a_machine(), n_ctx=2048, n_sequences=3)
    assert usual.layout.n_ctx_per_sequence == 1024  # what the model was made for
    assert asked.layout.n_ctx_per_sequence == 2048
    assert usual.prediction is not None
    assert asked.prediction is not None
    assert asked.prediction.kv_cache_bytes == 6 * usual.prediction.kv_cache_bytes
    assert [group.quant_type for group in asked.tensors] == ["Q8_0", "Q4_0", "F32"]


def test_memory_that_cannot_be_predicted_has_a_reason_and_no_number(tmp_path: Path) -> None:
    entries = [
        entry("general.architecture", STRING, "mamba"),
        entry("mamba.ssm.state_size", U32, 16),
    ]
    path = tmp_path / "model.gguf"
    path.write_bytes(TinyGguf(entries=entries).to_bytes())
    summary = summarize(path, machine=a_machine())
    assert summary.prediction is None
    assert summary.unpredictable is not None
    assert "ssm.state_size" in summary.unpredictable
