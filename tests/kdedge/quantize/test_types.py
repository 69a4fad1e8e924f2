import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.quant_types import QUANT_TYPES_BY_NAME
from kdedge.quantize.types import (
    QUANT_FILE_TYPES,
    QUANT_TYPE_NUMBERS,
    file_type_called,
    needs_imatrix,
)


def test_a_type_is_found_in_any_case_and_by_llama_cpps_short_name() -> None:
    assert file_type_called("q4_k_m").number == 15
    assert file_type_called("Q4_K").name == "Q4_K_M"


@pytest.mark.parametrize("name", ["Q4_K_L", "", "NVFP4", "Q8_1"])
def test_a_type_that_is_not_made_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(KdedgeError, match="no type this version makes") as caught:
        file_type_called(name)
    assert "Q4_K_M" in caught.value.hint


def test_every_mix_is_built_on_a_type_that_tensors_can_have() -> None:
    assert {each.base_type for each in QUANT_FILE_TYPES.values()} <= set(QUANT_TYPE_NUMBERS)
    assert set(QUANT_TYPE_NUMBERS) <= set(QUANT_TYPES_BY_NAME)


@pytest.mark.parametrize(
    ("tensor", "quant_type", "file_type", "needed"),
    [
        ("blk.0.ffn_up.weight", "IQ2_XS", "IQ2_XS", True),
        ("blk.0.ffn_up.weight", "Q2_K", "Q2_K_S", True),
        ("blk.0.ffn_up.weight", "Q2_K", "Q2_K", False),
        ("blk.0.ffn_up.weight", "IQ3_S", "IQ3_XS", False),
        ("token_embd.weight", "IQ2_XS", "IQ2_XS", False),
        ("output.weight", "IQ1_S", "IQ1_S", False),
    ],
)
def test_the_same_tensors_need_an_imatrix_as_in_llama_cpp(
    tensor: str, quant_type: str, file_type: str, needed: bool
) -> None:
    mix = file_type_called(file_type)
    assert needs_imatrix(tensor, quant_type=quant_type, file_type=mix) is needed
