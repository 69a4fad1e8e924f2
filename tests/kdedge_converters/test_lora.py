import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_file import GgufTensor
from kdedge_converters.lora import is_adapter, plan_adapter, write_adapter
from tests.proof_cases import write_case
from tests.tiny_adapter import PREFIX, adapter_for, modules, pair
from tests.tiny_adapter import write_adapter as write_peft

Q = "model.layers.0.self_attn.q_proj"
DOWN = "model.layers.1.mlp.down_proj"


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    from gguf import GGUFReader

    reader = GGUFReader(path)
    metadata = {key: field.contents() for key, field in reader.fields.items()}
    return metadata, {each.name: np.array(each.data) for each in reader.tensors}


def convert(adapter: Path, base: Path, *, dtype: Any = "auto") -> Any:
    plan = plan_adapter(adapter, base, dtype=dtype)
    target = adapter / "adapter.gguf"
    write_adapter(plan, target, progress=lambda *_: None)
    return read(target)


def delta(metadata: dict[str, Any], tensors: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Return what llama.cpp adds to the weight ``name``."""
    first, second = tensors[f"{name}.lora_a"], tensors[f"{name}.lora_b"]
    return second @ first * (metadata["adapter.lora.alpha"] / second.shape[1])


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_case(tmp_path / "base")


def test_an_adapter_is_known_by_its_configuration(base: Path, tmp_path: Path) -> None:
    assert is_adapter(adapter_for(tmp_path / "adapter", base, ["q_proj"]))
    assert not is_adapter(base)


def test_rows_of_the_second_matrix_move_as_those_of_the_weight_do(
    base: Path, tmp_path: Path
) -> None:
    arrays = {**pair(Q, (64, 64)), **pair(DOWN, (64, 96))}
    metadata, tensors = convert(write_peft(tmp_path / "adapter", arrays), base)
    assert metadata["general.type"] == "adapter"
    assert metadata["adapter.type"] == "lora"
    assert metadata["general.architecture"] == "llama"
    assert metadata["adapter.lora.alpha"] == 8
    q, down = (
        arrays[f"{PREFIX}{module}.lora_B.weight"]
        @ arrays[f"{PREFIX}{module}.lora_A.weight"]
        * (8 / 4)
        for module in (Q, DOWN)
    )
    by_head = q.reshape(4, 2, 8, 64).swapaxes(1, 2).reshape(64, 64)
    assert np.allclose(delta(metadata, tensors, "blk.0.attn_q.weight"), by_head)
    assert np.allclose(delta(metadata, tensors, "blk.1.ffn_down.weight"), down)


def test_every_pair_gets_its_own_strength(base: Path, tmp_path: Path) -> None:
    arrays = {**pair(Q, (64, 64), rank=2), **pair(DOWN, (64, 96), rank=4)}
    adapter = write_peft(
        tmp_path / "adapter", arrays, use_rslora=True, alpha_pattern={"self_attn.q_proj": 3}
    )
    metadata, tensors = convert(adapter, base)
    down = arrays[f"{PREFIX}{DOWN}.lora_B.weight"] @ arrays[f"{PREFIX}{DOWN}.lora_A.weight"]
    q = arrays[f"{PREFIX}{Q}.lora_B.weight"] @ arrays[f"{PREFIX}{Q}.lora_A.weight"]
    assert np.allclose(delta(metadata, tensors, "blk.1.ffn_down.weight"), down * 8 / 4**0.5)
    found = delta(metadata, tensors, "blk.0.attn_q.weight")
    assert np.allclose(np.sort(found, axis=0), np.sort(q * 3 / 2**0.5, axis=0), atol=1e-6)


def test_layers_that_store_their_inputs_first_have_pairs_like_all_others(tmp_path: Path) -> None:
    base = write_case(tmp_path / "base", "gpt2")
    (name, shape), *_ = modules(base, ["c_attn"]).items()
    arrays = pair(name, shape[::-1])
    adapter = write_peft(tmp_path / "adapter", arrays, fan_in_fan_out=True)
    metadata, tensors = convert(adapter, base)
    expected = np.multiply(
        arrays[f"{PREFIX}{name}.lora_B.weight"] @ arrays[f"{PREFIX}{name}.lora_A.weight"], 2
    )
    assert np.allclose(delta(metadata, tensors, "blk.0.attn_qkv.weight"), expected)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"peft_type": "IA3"}, "IA3"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "all"}, "bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"layer_replication": [[0, 1], [0, 2]]}, "layer_replication"),
        ({"alora_invocation_tokens": [1, 2]}, "alora_invocation_tokens"),
        ({"init_lora_weights": "pissa_niter_16"}, "pissa"),
        ({"lora_bias": True}, "lora_bias"),
        ({"something_new": 3}, "something_new"),
        ({"lora_alpha": 0}, "lora_alpha"),
        ({"lora_alpha": True}, "lora_alpha"),
        ({"alpha_pattern": {"q_proj": -1}}, "alpha_pattern"),
        ({"alpha_pattern": ["q_proj"]}, "alpha_pattern"),
    ],
)
def test_what_llama_cpp_does_not_compute_is_refused(
    changed: dict[str, Any], words: str, base: Path, tmp_path: Path
) -> None:
    adapter = adapter_for(tmp_path / "adapter", base, ["q_proj"], **changed)
    with pytest.raises(ConversionError, match=words):
        plan_adapter(adapter, base)


def test_an_adapter_of_another_model_is_refused(base: Path, tmp_path: Path) -> None:
    strange = write_peft(tmp_path / "strange", pair("model.layers.9.self_attn.q_proj", (64, 64)))
    with pytest.raises(ConversionError, match=r"layers\.9"):
        plan_adapter(strange, base)
    wider = write_peft(tmp_path / "wider", pair(Q, (128, 64)))
    with pytest.raises(ConversionError, match="shapes"):
        plan_adapter(wider, base)


def test_pairs_must_be_whole_and_known(base: Path, tmp_path: Path) -> None:
    arrays = pair(Q, (64, 64))
    half = write_peft(tmp_path / "half", dict(list(arrays.items())[:1]))
    with pytest.raises(ConversionError, match="not two"):
        plan_adapter(half, base)
    more = {**arrays, f"{PREFIX}model.norm.weight": np.ones(64, np.float32)}
    with pytest.raises(ConversionError, match=r"model\.norm\.weight"):
        plan_adapter(write_peft(tmp_path / "more", more), base)
    with pytest.raises(ConversionError, match="no tensors"):
        plan_adapter(write_peft(tmp_path / "none", {}), base)


@pytest.mark.parametrize("module", ["lm_head", "model.embed_tokens"])
def test_a_tied_head_cannot_be_changed_alone(module: str, base: Path, tmp_path: Path) -> None:
    n_rows = json.loads((base / "config.json").read_text())["vocab_size"]
    arrays = pair(module, (64, n_rows) if "embed" in module else (n_rows, 64))
    if "embed" in module:
        arrays = {
            name.replace(".weight", "").replace("lora_", "lora_embedding_"): array
            for name, array in arrays.items()
        }
    with pytest.raises(ConversionError, match="head"):
        plan_adapter(write_peft(tmp_path / "adapter", arrays), base)


def test_a_copy_of_the_embeddings_is_passed_over_only_if_it_is_one(tmp_path: Path) -> None:
    base = write_case(tmp_path / "base", "llama-untied-bias")
    from kdedge_converters.checkpoint import Checkpoint

    copy = f"{PREFIX}lm_head.base_layer.weight"
    own = Checkpoint.open(base).read("lm_head.weight")
    n_rows = len(own)
    arrays = {**pair("lm_head", (n_rows, 64)), copy: own}
    _, tensors = convert(write_peft(tmp_path / "adapter", arrays), base)
    assert set(tensors) == {"output.weight.lora_a", "output.weight.lora_b"}
    changed = {**arrays, copy: own + np.uint16(1)}
    with pytest.raises(ConversionError, match="embeddings of its own"):
        plan_adapter(write_peft(tmp_path / "changed", changed), base)


def test_a_pickle_is_refused_with_the_way_out(base: Path, tmp_path: Path) -> None:
    adapter = adapter_for(tmp_path / "adapter", base, ["q_proj"])
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    with pytest.raises(ConversionError, match=r"adapter_model\.bin") as caught:
        plan_adapter(adapter, base)
    assert "safetensors" in caught.value.hint


def test_the_type_is_the_stored_one_unless_asked(base: Path, tmp_path: Path) -> None:
    adapter = adapter_for(tmp_path / "adapter", base, ["v_proj"])
    assert convert(adapter, base)[1]["blk.0.attn_v.weight.lora_a"].dtype == np.float32
    half = convert(adapter, base, dtype="f16")[1]["blk.0.attn_v.weight.lora_a"]
    assert half.dtype == np.float16


def test_the_same_adapter_gives_the_same_bytes(base: Path, tmp_path: Path) -> None:
    one = adapter_for(tmp_path / "one", base, ["q_proj", "down_proj"])
    other = adapter_for(tmp_path / "other", base, ["q_proj", "down_proj"])
    convert(one, base)
    convert(other, base)
    assert (one / "adapter.gguf").read_bytes() == (other / "adapter.gguf").read_bytes()


def test_a_tensor_knows_how_many_numbers_it_holds() -> None:
    from gguf import GGMLQuantizationType

    tensor = GgufTensor(
        name="x",
        quant_type=GGMLQuantizationType.F32,
        shape=(3, 4),
        stored=np.zeros(48, np.uint8),
    )
    assert tensor.n_numbers == 12
