"""Faults that leave a file which loads and answers wrongly: each is refused, and no file is left."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.conversion import Dtype, plan_conversion, write_conversion
from kdedge_converters.errors import ConversionError
from tests.proof_cases import write_case, write_weights

Arrays = dict[str, NDArray[Any]]
WINDOW = {
    "use_sliding_window": True,
    "sliding_window": 8,
    "max_window_layers": 0,
    "layer_types": None,
}
DOWN = "model.layers.1.mlp.down_proj.weight"


def convert(directory: Path, target: Path, *, dtype: Dtype = "auto") -> None:
    plan = plan_conversion(directory, dtype=dtype, name=None)
    write_conversion(plan, target, progress=lambda *_: None)


def refusal(directory: Path, target: Path, *, dtype: Dtype = "auto") -> str:
    with pytest.raises(ConversionError) as caught:
        convert(directory, target, dtype=dtype)
    assert caught.value.hint
    assert [path.name for path in target.parent.iterdir()] == [directory.name]
    return caught.value.problem


@pytest.mark.parametrize("case", ["llama", "llama-untied-bias", "qwen2", "gemma3"])
def test_a_sound_checkpoint_is_taken(tmp_path: Path, case: str) -> None:
    convert(write_case(tmp_path / "checkpoint", case), tmp_path / "out.gguf")
    assert (tmp_path / "out.gguf").read_bytes()[:4] == b"GGUF"


@pytest.mark.parametrize(
    ("case", "changed", "words"),
    [
        ("llama", {"hidden_act": "gelu"}, "hidden_act"),
        ("llama", {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "dynamic|rope"),
        ("llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0}}, "dynamic"),
        ("qwen2", WINDOW, "sliding|window"),
        ("qwen2", WINDOW | {"layer_types": ["sliding_attention"] * 2}, "sliding|window"),
        ("llama", {"tie_word_embeddings": False}, r"no lm_head\.weight"),
        ("llama", {"num_hidden_layers": 3}, r"no tensor model\.layers\.2"),
        ("llama", {"num_hidden_layers": 1}, r"model\.layers\.1|do not have"),
        ("llama", {"num_key_value_heads": 4}, "shape"),
        ("llama", {"architectures": ["LlamaForSequenceClassification"]}, "cannot be converted"),
        ("llama", {"quantization_config": {"quant_method": "gptq"}}, "quantization_config"),
        ("llama", {"some_new_trick": True}, "some_new_trick"),
        ("llama", {"max_position_embeddings": 10**12}, "max_position_embeddings|no GGUF file"),
    ],
)
def test_a_configuration_that_would_be_computed_otherwise(
    tmp_path: Path, case: str, changed: dict[str, Any], words: str
) -> None:
    directory = write_case(tmp_path / "checkpoint", case, **changed)
    problem = refusal(directory, tmp_path / "out.gguf")
    assert re.search(words, problem), problem


def without(name: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        del arrays[name]

    return change


def with_bits(name: str, bits: int) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name].reshape(-1)[7] = bits

    return change


def extra(arrays: Arrays) -> None:
    arrays["model.layers.0.self_attn.gate.weight"] = np.zeros((2, 2), np.uint16)


def other_head(arrays: Arrays) -> None:
    arrays["lm_head.weight"] = arrays["model.embed_tokens.weight"][::-1].copy()


def misshapen(arrays: Arrays) -> None:
    arrays[DOWN] = arrays[DOWN].T.copy()


def eight_bits(arrays: Arrays) -> None:
    arrays[DOWN] = arrays[DOWN].astype(np.int64)


@pytest.mark.parametrize(
    ("change", "dtype", "words"),
    [
        (without(DOWN), "auto", DOWN),
        (extra, "auto", r"self_attn\.gate"),
        (other_head, "auto", r"lm_head\.weight"),
        (misshapen, "auto", "shape"),
        (eight_bits, "auto", "I64"),
        (with_bits(DOWN, 0x7FC0), "auto", "NaN"),
        (with_bits(DOWN, 0xFF80), "f32", "infinite"),
        (with_bits("model.norm.weight", 0x7F80), "auto", "infinite"),
        (with_bits("model.layers.0.self_attn.q_proj.weight", 0xFFFF), "f16", "NaN"),
        (with_bits(DOWN, 0x4780), "f16", "65536; F16 ends"),
    ],
)
def test_weights_that_are_not_the_models(
    tmp_path: Path, change: Callable[[Arrays], None], dtype: Dtype, words: str
) -> None:
    directory = write_case(tmp_path / "checkpoint")
    checkpoint = Checkpoint.open(directory)
    arrays = {name: checkpoint.read(name) for name in checkpoint.tensors}
    change(arrays)
    write_weights(directory, arrays)
    problem = refusal(directory, tmp_path / "out.gguf", dtype=dtype)
    assert re.search(words, problem), problem


def test_a_vocabulary_of_a_thousand_million_tokens_is_refused(tmp_path: Path) -> None:
    directory = write_case(tmp_path / "checkpoint")
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {"vocab_size": 10**9}))
    assert "shape" in refusal(directory, tmp_path / "out.gguf")


def test_a_tokenizer_larger_than_the_embeddings_is_refused(tmp_path: Path) -> None:
    directory = write_case(tmp_path / "checkpoint")
    checkpoint = Checkpoint.open(directory)
    arrays = {name: checkpoint.read(name) for name in checkpoint.tensors}
    arrays["model.embed_tokens.weight"] = arrays["model.embed_tokens.weight"][:50]
    write_weights(directory, arrays)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {"vocab_size": 50}))
    assert "50" in refusal(directory, tmp_path / "out.gguf")


def test_a_checkpoint_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    directory = write_case(tmp_path / "checkpoint")
    (directory / "tokenizer.json").unlink()
    assert "tokenizer" in refusal(directory, tmp_path / "out.gguf")
