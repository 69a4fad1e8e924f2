import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header
from kdedge.models.kv_cache import ContextLayout, kv_bytes_per_token, kv_cache_bytes

MIB = 1024**2


def a_header(architecture: str, **keys: object) -> Header:
    metadata = {f"{architecture}.{key.replace('__', '.')}": value for key, value in keys.items()}
    return Header(
        version=3,
        alignment=32,
        data_offset=0,
        file_bytes=0,
        metadata={"general.architecture": architecture, **metadata},  # type: ignore[dict-item]
        tensors=(),
        has_fim=False,
    )


SMOLLM2 = a_header(
    "llama",
    block_count=30,
    embedding_length=576,
    attention__head_count=9,
    attention__head_count_kv=3,
)
QWEN = a_header(
    "qwen2",
    block_count=28,
    embedding_length=1536,
    attention__head_count=12,
    attention__head_count_kv=2,
)
GEMMA = a_header(
    "gemma3",
    block_count=18,
    embedding_length=640,
    attention__head_count=4,
    attention__head_count_kv=1,
    attention__key_length=256,
    attention__value_length=256,
    attention__sliding_window=512,
)


def layout(context: int, sequences: int = 1, **more: object) -> ContextLayout:
    return ContextLayout(n_ctx_per_sequence=context, n_sequences=sequences, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "wanted", "mib"),
    [
        # As llama.cpp logged them (b11312).
        (SMOLLM2, layout(1024, 4), 90.0),
        (SMOLLM2, layout(512, 34), 382.5),
        (SMOLLM2, layout(300, 3), 33.75),
        (SMOLLM2, layout(1024, 4, cache_type_k="Q8_0", cache_type_v="Q8_0"), 47.8125),
        (QWEN, layout(1024, 4), 112.0),
        (GEMMA, layout(2048, 2), 72.0),
        (GEMMA, layout(2048, full_window=False), 21.0),
    ],
)
def test_the_cache_is_what_llama_cpp_logs(
    header: Header, wanted: ContextLayout, mib: float
) -> None:
    assert kv_cache_bytes(header, wanted) == mib * MIB


def test_a_token_of_qwen_2_5_coder_1_5b_takes_28_kib() -> None:
    assert kv_bytes_per_token(QWEN) == 28 * 1024


def test_twice_the_context_or_the_sequences_take_twice_the_memory() -> None:
    once = kv_cache_bytes(SMOLLM2, layout(512))
    assert kv_cache_bytes(SMOLLM2, layout(1024)) == 2 * once
    assert kv_cache_bytes(SMOLLM2, layout(512, 2)) == 2 * once


def test_room_is_given_in_steps_of_256_tokens() -> None:
    assert kv_cache_bytes(SMOLLM2, layout(1)) == kv_cache_bytes(SMOLLM2, layout(256))
    assert kv_cache_bytes(SMOLLM2, layout(257)) == kv_cache_bytes(SMOLLM2, layout(512))


def test_layers_may_have_different_numbers_of_heads() -> None:
    mixed = a_header(
        "openelm",
        block_count=3,
        embedding_length=128,
        attention__head_count=(4, 4, 8),
        attention__head_count_kv=(1, 2, 3),
        attention__key_length=64,
    )
    assert kv_bytes_per_token(mixed) == 2 * 2 * 64 * (1 + 2 + 3)


def test_a_head_that_does_not_fill_whole_blocks_is_refused_with_a_way_out() -> None:
    odd = a_header("llama", block_count=1, embedding_length=80, attention__head_count=1)
    with pytest.raises(KdedgeError, match=r"Q8_0 .* 80 elements") as caught:
        kv_cache_bytes(odd, layout(256, cache_type_k="Q8_0"))
    assert "F16" in caught.value.hint
    with pytest.raises(KdedgeError, match="Q17"):
        kv_cache_bytes(odd, layout(256, cache_type_v="Q17"))


@pytest.mark.parametrize(
    "header",
    [
        a_header("mamba", block_count=24, embedding_length=768, ssm__state_size=16),
        a_header("deepseek2", block_count=2, attention__kv_lora_rank=512),
        a_header("llama", block_count=2),
        a_header("llama", block_count=2**31 - 1, embedding_length=8, attention__head_count=1),
        a_header("llama", block_count=2, embedding_length=8, attention__head_count=(1,)),
        a_header("llama", block_count=2, embedding_length=8, attention__head_count="2"),
        a_header("unknown"),
    ],
)
def test_memory_that_is_not_known_is_not_guessed(header: Header) -> None:
    with pytest.raises(KdedgeError, match="cannot be predicted") as caught:
        kv_cache_bytes(header, layout(256))
    assert "kdedge profile" in caught.value.hint


@pytest.mark.parametrize("name", ["n_ctx_per_sequence", "n_sequences", "n_ubatch"])
def test_a_context_of_nothing_is_a_wrong_call(name: str) -> None:
    with pytest.raises(ValueError, match="at least one"):
        ContextLayout(**{"n_ctx_per_sequence": 1, name: 0})
