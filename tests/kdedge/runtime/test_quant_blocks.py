import gguf
import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.runtime.quant_blocks import block_type, bytes_of, round_trip

IN_NUMPY = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "BF16", "F16", "F32")
"""Types that the gguf package can round to by itself."""
ALL = (
    *IN_NUMPY, "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "IQ3_S", "MXFP4",
)  # fmt: skip


def some_rows(n_rows: int = 24, n_columns: int = 512) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(n_rows, n_columns)).astype(np.float32)


@pytest.mark.parametrize("quant_type", IN_NUMPY)
def test_rounding_equals_that_of_the_gguf_package(quant_type: str) -> None:
    rows = some_rows()
    number = gguf.GGMLQuantizationType[quant_type]
    expected = gguf.quants.dequantize(gguf.quants.quantize(rows, number), number)
    np.testing.assert_array_equal(round_trip(rows, quant_type, importance=None), expected)


@pytest.mark.parametrize("quant_type", ALL)
def test_sizes_equal_those_of_the_gguf_package(quant_type: str) -> None:
    number = gguf.GGMLQuantizationType[quant_type]
    found = block_type(quant_type)
    assert found.number == number
    assert (found.block_elements, found.block_bytes) == gguf.GGML_QUANT_SIZES[number]


@pytest.mark.parametrize("quant_type", ALL)
def test_rows_do_not_depend_on_the_threads_or_on_each_other(quant_type: str) -> None:
    rows = some_rows(n_rows=40)
    whole = round_trip(rows, quant_type, importance=None, n_threads=4)
    one = round_trip(rows[17:18], quant_type, importance=None, n_threads=1)
    np.testing.assert_array_equal(whole[17:18], one)


def test_more_rows_than_fit_one_piece_come_back_in_order() -> None:
    rows = np.arange(5 * 2**20, dtype=np.float32).reshape(-1, 32768)
    np.testing.assert_array_equal(round_trip(rows, "F32", importance=None, n_threads=3), rows)


@pytest.mark.parametrize("quant_type", ["Q4_0", "Q5_1", "IQ4_NL", "Q4_K", "Q6_K"])
def test_importance_moves_the_error_to_columns_that_matter_less(quant_type: str) -> None:
    rows = some_rows(n_rows=64)
    importance = np.where(np.arange(512) % 8 == 0, 100.0, 1.0).astype(np.float32)

    def weighted_error(used: np.ndarray | None) -> float:
        error = rows - round_trip(rows, quant_type, importance=used)
        return float((importance * error**2).sum())

    assert weighted_error(importance) < 0.9 * weighted_error(None)


def test_q8_0_makes_nothing_of_importance() -> None:
    rows = some_rows()
    importance = np.linspace(0.1, 9, 512, dtype=np.float32)
    plain = round_trip(rows, "Q8_0", importance=None)
    np.testing.assert_array_equal(round_trip(rows, "Q8_0", importance=importance), plain)


def test_bytes_of_a_tensor_count_whole_blocks() -> None:
    assert bytes_of((576, 49152), "Q8_0") == 576 // 32 * 34 * 49152
    assert bytes_of((1536, 576), "Q4_K") == 6 * 144 * 576


def test_rows_that_are_no_whole_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"576.* Q4_K"):
        bytes_of((576, 8), "Q4_K")
    with pytest.raises(ValueError, match="256"):
        round_trip(some_rows(n_columns=576), "Q4_K", importance=None)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_numbers_that_would_end_the_process_are_refused(poison: float) -> None:
    rows = some_rows()
    rows[3, 5] = poison
    with pytest.raises(ValueError, match="finite"):
        round_trip(rows, "IQ4_NL", importance=None)
    importance = np.ones(512, dtype=np.float32)
    importance[1] = poison
    with pytest.raises(ValueError, match="finite"):
        round_trip(some_rows(), "IQ4_NL", importance=importance)


def test_importance_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="importance"):
        round_trip(some_rows(), "Q4_0", importance=np.ones(32, dtype=np.float32))


def test_types_that_need_importance_are_refused_without_it() -> None:
    with pytest.raises(ValueError, match="IQ2_XXS needs the importance"):
        round_trip(some_rows(), "IQ2_XXS", importance=None)


def test_a_type_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(KdedgeError, match="Q9_9") as caught:
        round_trip(some_rows(), "Q9_9", importance=None)
    assert "Q5_1" in caught.value.hint
