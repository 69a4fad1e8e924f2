import pytest

from kdedge.core.errors import KdedgeError
from kdedge.quantize.overrides import (
    Override,
    check_effects,
    check_matches,
    deciding_overrides,
    parse_override,
)
from kdedge.quantize.types import file_type_called
from kdedge.runtime.quantizer_client import PlannedType

NAMES = ("token_embd.weight", "blk.0.attn_norm.weight", "blk.0.attn_q.weight", "blk.0.ffn_up.weight")  # fmt: skip
MIX = file_type_called("Q4_K_M")


def override(text: str) -> Override:
    return parse_override(text)


def planned(name: str, to_type: str, *, fallback: bool = False) -> PlannedType:
    return PlannedType(name=name, shape=(256, 4, 1, 1), from_type="F32", to_type=to_type, fallback=fallback)  # fmt: skip


def test_pattern_and_type_are_split_at_the_last_equals_sign() -> None:
    assert override("(?=blk)ffn_up=q6_k") == Override(pattern="(?=blk)ffn_up", quant_type="Q6_K")


@pytest.mark.parametrize("text", ["ffn_up", "=Q8_0", "ffn_up=", ""])
def test_half_an_override_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(KdedgeError, match="is not REGEX=TYPE") as caught:
        parse_override(text)
    assert "ffn_down=Q6_K" in caught.value.hint


@pytest.mark.parametrize("type_name", ["Q4_K_M", "Q8_1", "I32", "nonsense"])
def test_a_type_that_no_tensor_can_have_is_refused(type_name: str) -> None:
    with pytest.raises(KdedgeError, match="no type that a tensor can have"):
        parse_override(f"ffn_up={type_name}")


@pytest.mark.parametrize("pattern", ["ffn_(up", "*", "[a", "(?<=blk)ffn", "(?P<x>a)", r"up\Z", "a\0b"])  # fmt: skip
def test_a_pattern_that_llama_cpp_cannot_read_is_refused(pattern: str) -> None:
    with pytest.raises(KdedgeError, match="regular expression"):
        parse_override(f"{pattern}=Q8_0")


def test_an_override_that_matches_no_tensor_is_refused() -> None:
    with pytest.raises(KdedgeError, match="ffn_dwon matches no tensor"):
        check_matches([override("ffn_dwon=Q8_0")], names=NAMES, file_type=MIX)


def test_an_override_that_earlier_ones_leave_nothing_is_refused() -> None:
    both = [override("ffn=Q8_0"), override("ffn_up=Q6_K")]
    with pytest.raises(KdedgeError, match="ffn_up matches is taken by an earlier"):
        check_matches(both, names=NAMES, file_type=MIX)


def test_the_first_override_that_matches_decides() -> None:
    narrow, wide = override(r"blk\.0\.ffn=Q6_K"), override("blk=Q8_0")
    found = deciding_overrides([narrow, wide], names=NAMES)
    assert found["blk.0.ffn_up.weight"] == narrow
    assert found["blk.0.attn_q.weight"] == wide
    assert "token_embd.weight" not in found


@pytest.mark.parametrize("mix", ["F16", "BF16", "F32"])
def test_overrides_of_a_mix_that_ignores_them_are_refused(mix: str) -> None:
    with pytest.raises(KdedgeError, match="ignores overrides"):
        check_matches([override("ffn=Q8_0")], names=NAMES, file_type=file_type_called(mix))


def test_an_override_of_tensors_that_llama_cpp_leaves_alone_is_refused() -> None:
    plan = [planned("blk.0.attn_norm.weight", "F32"), planned("blk.0.attn_q.weight", "Q4_K")]
    with pytest.raises(KdedgeError, match=r"attn_norm.weight Q8_0: it stays F32"):
        check_effects([override("attn_norm=Q8_0")], plan)


def test_an_override_may_match_untouched_tensors_beside_others() -> None:
    plan = [planned("blk.0.attn_norm.weight", "F32"), planned("blk.0.attn_q.weight", "Q8_0")]
    check_effects([override("attn=Q8_0")], plan)


def test_an_override_that_falls_back_has_its_effect() -> None:
    check_effects([override("ffn=Q6_K")], [planned("blk.0.ffn_up.weight", "Q8_0", fallback=True)])
