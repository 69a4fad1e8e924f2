from typing import TYPE_CHECKING

import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants
from hypothesis import given
from hypothesis import strategies as st

from kdedge_converters.errors import ConversionError
from kdedge_converters.number_types import NumberType, check_numbers, converted, widened
from tests.tiny_checkpoint import bf16

if TYPE_CHECKING:
    from kdedge_converters.planned import Array

F32, F16, BF16 = NumberType.F32, NumberType.F16, NumberType.BF16
FINITE = st.floats(
    width=32, allow_nan=False, allow_infinity=False, max_value=2.0**127, min_value=-(2.0**127)
)


@given(st.lists(FINITE, min_size=1, max_size=40))
def test_rounding_to_bf16_is_that_of_ggufs_own_package(values: list[float]) -> None:
    numbers = np.array(values, np.float32)
    reference = quants.quantize(numbers, GGMLQuantizationType.BF16).view(np.uint16)
    assert np.array_equal(converted(numbers, BF16), reference)


@given(st.integers(0, 0xFFFF).filter(lambda bits: bits & 0x7F80 != 0x7F80))
def test_bf16_through_f32_and_back_is_what_it_was(bits: int) -> None:
    stored = np.array([bits], np.uint16)
    assert np.array_equal(converted(converted(stored, F32), BF16), stored)


def test_numbers_of_the_right_type_are_not_copied() -> None:
    for numbers in (np.ones(2, np.float32), np.ones(2, np.float16), np.ones(2, np.uint16)):
        kind = {4: F32, 2: F16 if numbers.dtype.kind == "f" else BF16}[numbers.itemsize]
        assert converted(numbers, kind) is numbers


def test_arithmetic_is_done_in_single_precision_but_for_f16() -> None:
    assert widened(bf16(np.array([1.5, -2.0], np.float32))).tolist() == [1.5, -2.0]
    assert widened(np.ones(2, np.float16)).dtype == np.float16


@pytest.mark.parametrize("bad", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [F32, F16, BF16])
@pytest.mark.parametrize("to", [F32, F16, BF16])
@pytest.mark.parametrize("rest", [1.0, -1.0])
def test_one_number_that_is_not_finite_is_refused(
    bad: float, kind: NumberType, to: NumberType, rest: float
) -> None:
    numbers: Array = np.full(1000, rest, np.float32)
    numbers[567] = bad
    if kind is F16:
        numbers = numbers.astype(np.float16)
    elif kind is BF16:
        numbers = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    with pytest.raises(ConversionError, match=r"blk .* NaN or infinite"):
        check_numbers(numbers, to, name="blk")


@pytest.mark.parametrize("sign", [1, -1])
def test_what_f16_does_not_hold_is_refused_by_its_size(sign: int) -> None:
    for numbers in (
        np.array([0, 65505.0 * sign], np.float32),
        bf16(np.array([0, 65536.0 * sign], np.float32)),
    ):
        with pytest.raises(ConversionError, match=r"655(05|36).*F16 ends at 65504"):
            check_numbers(numbers, F16, name="blk")
        check_numbers(numbers, F32, name="blk")


def test_what_f16_just_holds_is_taken() -> None:
    check_numbers(np.array([65504.0, -65504.0, 0.0, -0.0], np.float32), F16, name="blk")


def test_what_would_round_to_an_infinite_bf16_is_refused() -> None:
    largest = np.array([0x7F7F7FFF], np.uint32).view(np.float32)
    check_numbers(largest, BF16, name="blk")
    assert np.isfinite(converted(converted(largest, BF16), F32)).all()
    with pytest.raises(ConversionError, match="BF16 does not hold"):
        check_numbers(np.array([0xFF7F8000], np.uint32).view(np.float32), BF16, name="blk")
