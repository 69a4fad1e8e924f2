"""What llama.cpp's own converter makes of a checkpoint is what is planned here, byte for byte."""

from typing import Any

import numpy as np
import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.families import FAMILIES, find_family
from kdedge_converters.number_types import NumberType
from tests.family_cases import GOLDEN, arrays_of, config_of, digest, numbers, stored_of, written


@pytest.mark.parametrize("case", GOLDEN)
def test_every_tensor_is_the_one_llama_cpp_converts(case: str) -> None:
    config, arrays = config_of(case), arrays_of(case)
    planned = find_family(config).tensors(config, stored_of(arrays))
    found = {}
    for each in planned:
        array = written(each, arrays, number_type=NumberType.BF16)
        assert array.shape == each.shape
        kind = {np.dtype(np.float32): "F32", np.dtype(np.uint16): "BF16"}[array.dtype]
        found[each.name] = [kind, list(array.shape), digest(array)]
    assert found == GOLDEN[case]["tensors"]
    assert list(found) == list(GOLDEN[case]["tensors"])


@pytest.mark.parametrize("case", GOLDEN)
def test_every_entry_is_the_one_llama_cpp_writes(case: str) -> None:
    config = config_of(case)
    found: dict[str, Any] = {}
    for each in find_family(config).metadata(config):
        is_float = each.kind.name == "FLOAT32"
        found[each.key] = float(np.float32(float(each.value))) if is_float else each.value  # type: ignore[arg-type]
    assert len(found) == len(find_family(config).metadata(config))
    if case == "stablelm-parallel":
        assert (
            found.pop("stablelm.rope.freq_base") == 1_000_000
        )  # llama.cpp's converter forgets it
    assert found == GOLDEN[case]["metadata"]


@pytest.mark.parametrize("case", GOLDEN)
def test_the_way_back_gives_the_stored_bits(case: str) -> None:
    config, arrays = config_of(case), arrays_of(case)
    for slot in find_family(config).layout(config):
        if slot.name == "output.weight" and "lm_head.weight" not in arrays:
            continue
        sources = [arrays[source] for source in slot.sources]
        back = slot.rearrangement.undo(slot.rearrangement.apply(sources))
        assert all(np.array_equal(one, other) for one, other in zip(back, sources, strict=True))
        if slot.arithmetic is not None:
            original = numbers(slot.sources[0], slot.source_shape)
            assert np.array_equal(slot.arithmetic.undo(slot.arithmetic.apply(original)), original)


def test_every_family_has_a_case() -> None:
    covered = {find_family(case["config"]).architecture for case in GOLDEN.values()}
    assert covered == {family.architecture for family in FAMILIES}


def test_a_class_belongs_to_one_family() -> None:
    names = [name for family in FAMILIES for name in family.class_names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "architectures",
    [
        None,
        [],
        ["LlamaModel"],
        ["LlamaForCausalLM", "Qwen2ForCausalLM"],
        "LlamaForCausalLM",
        [[1]],
    ],
)
def test_an_unknown_architecture_is_refused_with_those_that_are_known(architectures: Any) -> None:
    with pytest.raises(ConversionError) as caught:
        find_family({"architectures": architectures})
    assert "Qwen2ForCausalLM" in caught.value.hint


def test_a_norm_per_head_becomes_one_tensor_a_block() -> None:
    """Llama.cpp's converter cannot do these (StableLM 2 12B); its runtime reads (heads, width)."""
    config = config_of("stablelm-parallel", qk_layernorm=True)
    arrays = arrays_of("stablelm-parallel")
    norms = {
        f"model.layers.{block}.self_attn.{name}_layernorm.norms.{head}.weight": np.full(
            16, 10 * block + head, np.uint16
        )
        for block in range(2)
        for name, n_heads in (("q", 4), ("k", 2))
        for head in range(n_heads)
    }
    planned = find_family(config).tensors(config, stored_of(arrays | norms))
    by_name = {each.name: each for each in planned}
    assert by_name["blk.0.attn_k_norm.weight"].shape == (2, 16)
    queries = by_name["blk.1.attn_q_norm.weight"]
    assert queries.keep_f32
    assert queries.build([norms[source] for source in queries.sources])[:, 0].tolist() == [
        10,
        11,
        12,
        13,
    ]


def test_a_body_saved_without_its_head_is_read_too() -> None:
    config, arrays = config_of("gpt2"), arrays_of("gpt2")
    bare = {name.removeprefix("transformer."): array for name, array in arrays.items()}
    found = [each.name for each in find_family(config).tensors(config, stored_of(bare))]
    assert found == list(GOLDEN["gpt2"]["tensors"])
    assert all(
        source in bare
        for each in find_family(config).tensors(config, stored_of(bare))
        for source in each.sources
    )


def test_buffers_that_older_versions_stored_are_passed_over() -> None:
    config, arrays = config_of("llama"), arrays_of("llama")
    buffer = {"model.layers.0.self_attn.rotary_emb.inv_freq": np.zeros(8, np.float32)}
    assert len(find_family(config).tensors(config, stored_of(arrays | buffer))) == len(arrays)
    config, arrays = config_of("gpt2"), arrays_of("gpt2")
    mask = {"transformer.h.0.attn.bias": np.zeros((1, 1, 128, 128), np.float32)}
    assert len(find_family(config).tensors(config, stored_of(arrays | mask))) == len(arrays)


def test_a_head_llama_cpp_needs_is_a_copy_of_the_embeddings() -> None:
    config, arrays = config_of("stablelm", tie_word_embeddings=True), arrays_of("stablelm")
    del arrays["lm_head.weight"]
    planned = find_family(config).tensors(config, stored_of(arrays))
    head = next(each for each in planned if each.name == "output.weight")
    assert head.sources == ("model.embed_tokens.weight",)
