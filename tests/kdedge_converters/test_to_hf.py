import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.conversion import plan_conversion, write_conversion
from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_file import open_gguf
from kdedge_converters.number_types import NumberType, widened
from kdedge_converters.to_hf import plan_to_hf, write_to_hf
from tests.proof_cases import write_case

CASES = (
    "llama", "llama-untied-bias", "llama-wide-heads", "llama-linear", "llama-yarn", "qwen2",
    "qwen2-untied-yarn", "qwen3", "gemma3", "gemma3-linear-softcap",
)  # fmt: skip


def convert(checkpoint: Path, target: Path, *, dtype: Any = "auto") -> Path:
    plan = plan_conversion(checkpoint, dtype=dtype, name=None)
    write_conversion(plan, target, progress=lambda *_: None)
    return target


def restore(source: Path, target: Path, *, dtype: Any = "auto", **more: Any) -> Path:
    plan = plan_to_hf(source, dtype=dtype)
    write_to_hf(plan, target, **{"progress": lambda *_: None, **more})
    return target


def style_of(case: str) -> str:
    return "gemma3" if case.startswith("gemma3") else "smollm"


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
@pytest.mark.parametrize("case", CASES)
def test_there_and_back_gives_the_same_bytes(case: str, dtype: str, tmp_path: Path) -> None:
    original = write_case(tmp_path / "original", case, style=style_of(case))
    there = convert(original, tmp_path / "there.gguf", dtype=dtype)
    back = restore(there, tmp_path / "back")
    again = convert(back, tmp_path / "again.gguf")
    assert again.read_bytes() == there.read_bytes()
    stored, found = Checkpoint.open(original), Checkpoint.open(back)
    assert set(stored.tensors) == set(found.tensors)
    for name in stored.tensors:
        assert np.array_equal(widened(stored.read(name)), widened(found.read(name))), name


def test_a_quantised_file_comes_back_in_single_precision_unless_asked(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf", dtype="f32")
    q8 = quantised(there, tmp_path / "q8.gguf")
    exact = Checkpoint.open(restore(q8, tmp_path / "exact"))
    short = Checkpoint.open(restore(q8, tmp_path / "short", dtype="bf16"))
    again = open_gguf(convert(tmp_path / "exact", tmp_path / "again.gguf"))
    for name, tensor in open_gguf(q8).tensors.items():
        numbers = np.concatenate([widened(piece) for piece in tensor.pieces()])
        assert np.array_equal(numbers, np.concatenate(list(again.tensors[name].pieces())))
    matrix = "model.layers.0.mlp.down_proj.weight"
    assert (exact.tensors[matrix].dtype, short.tensors[matrix].dtype) == ("F32", "BF16")


def quantised(source: Path, target: Path) -> Path:
    """Write the F32 file with its matrices in Q8_0."""
    file = open_gguf(source)
    writer = GGUFWriter(target, "llama")
    from gguf import GGUFReader

    for key, field in GGUFReader(source).fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            kind, sub = field.types[0], field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(key, field.contents(), kind, sub)
    for name, tensor in file.tensors.items():
        numbers = np.concatenate(list(tensor.pieces())).reshape(tensor.shape)
        if len(tensor.shape) == 2 and tensor.shape[1] % 32 == 0:
            raw = quantize(numbers, GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, raw, raw_dtype=GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def test_vectors_that_16_bits_do_not_hold_stay_single(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf")
    raw = bytearray(there.read_bytes())
    norm = np.frombuffer(bytes(open_gguf(there).tensors["output_norm.weight"].stored), np.float32)
    at = raw.index(norm.tobytes())
    raw[at : at + 4] = np.float32(1.0000001).tobytes()
    there.write_bytes(raw)
    found = Checkpoint.open(restore(there, tmp_path / "back"))
    assert found.tensors["model.norm.weight"].dtype == "F32"
    assert found.read("model.norm.weight")[0] == np.float32(1.0000001)
    assert found.tensors["model.layers.0.input_layernorm.weight"].dtype == "BF16"


def test_large_weights_are_spread_over_files_with_an_index(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf")
    restore(there, tmp_path / "whole")
    restore(there, tmp_path / "parts", shard_bytes=30_000)
    parts, whole = Checkpoint.open(tmp_path / "parts"), Checkpoint.open(tmp_path / "whole")
    index = json.loads((tmp_path / "parts" / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 2
    assert all(np.array_equal(parts.read(name), whole.read(name)) for name in whole.tensors)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf")
    with pytest.raises(ConversionError, match="is there already"):
        restore(there, tmp_path / "original")
    (tmp_path / "empty").mkdir()
    assert Checkpoint.open(restore(there, tmp_path / "empty")).tensors


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf")
    before = sorted(tmp_path.iterdir())

    def stop(done: int, *_: object) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(there, tmp_path / "back", progress=stop)
    assert sorted(tmp_path.iterdir()) == before


def test_a_family_that_cannot_be_turned_back_is_refused(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original", "gpt2"), tmp_path / "there.gguf")
    with pytest.raises(ConversionError, match="gpt2") as caught:
        plan_to_hf(there)
    assert "llama" in caught.value.hint


def test_numbers_too_large_for_f16_are_refused(tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf", dtype="f32")
    raw = bytearray(there.read_bytes())
    matrix = bytes(open_gguf(there).tensors["blk.1.ffn_down.weight"].stored[:64])
    at = raw.index(matrix)
    raw[at : at + 4] = np.float32(1e6).tobytes()
    there.write_bytes(raw)
    with pytest.raises(ConversionError, match="65504"):
        restore(there, tmp_path / "back", dtype="f16")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("length", [0, 3, 40, 5_000])
def test_a_file_cut_short_is_refused(length: int, tmp_path: Path) -> None:
    there = convert(write_case(tmp_path / "original"), tmp_path / "there.gguf")
    there.write_bytes(there.read_bytes()[:length])
    with pytest.raises(ConversionError, match="GGUF file"):
        plan_to_hf(there)


def test_the_plan_says_what_transformers_will_load(tmp_path: Path) -> None:
    plan = plan_to_hf(convert(write_case(tmp_path / "original"), tmp_path / "there.gguf"))
    assert plan.number_type is NumberType.BF16
    assert plan.config["dtype"] == "bfloat16"
    assert plan.config["architectures"] == ["LlamaForCausalLM"]
    assert plan.config["eos_token_id"] == 2
