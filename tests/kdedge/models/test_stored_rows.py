from pathlib import Path

import gguf
import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.models.header import read_header
from kdedge.models.stored_rows import read_rows
from tests.tiny_model import WIDTH, weights, write_model


def write_one(path: Path, values: np.ndarray, quant_type: str) -> Path:
    number = gguf.GGMLQuantizationType[quant_type]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_tensor("w", gguf.quants.quantize(values, number), raw_dtype=number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("quant_type", ["F32", "F16", "BF16"])
def test_rows_are_the_stored_numbers_widened(tmp_path: Path, quant_type: str) -> None:
    values = np.random.default_rng(1).normal(size=(7, 64)).astype(np.float32)
    path = write_one(tmp_path / "one.gguf", values, quant_type)
    header = read_header(path)
    (rows,) = read_rows(path, header, header.tensors[0], most_rows=99)
    number = gguf.GGMLQuantizationType[quant_type]
    expected = gguf.quants.dequantize(gguf.quants.quantize(values, number), number)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, expected)


def test_fewer_rows_are_spread_over_the_whole_tensor(tmp_path: Path) -> None:
    values = np.repeat(np.arange(100, dtype=np.float32)[:, None], 32, axis=1)
    path = write_one(tmp_path / "one.gguf", values, "F32")
    header = read_header(path)
    (rows,) = read_rows(path, header, header.tensors[0], most_rows=4)
    assert rows[:, 0].tolist() == [0, 25, 50, 75]


def test_every_expert_gives_rows(tmp_path: Path) -> None:
    tensors = weights(experts=True)
    name = "blk.0.ffn_down_exps.weight"
    path = write_model(tmp_path / "experts.gguf", tensors)
    header = read_header(path)
    tensor = next(each for each in header.tensors if each.name == name)
    matrices = read_rows(path, header, tensor, most_rows=2 * 4)
    assert len(matrices) == 4
    for place, rows in enumerate(matrices):
        np.testing.assert_array_equal(rows, tensors[name][place][[0, WIDTH // 2]])


def test_a_tensor_that_is_quantised_already_is_refused(tmp_path: Path) -> None:
    path = write_one(tmp_path / "one.gguf", np.ones((4, 64), dtype=np.float32), "Q8_0")
    header = read_header(path)
    with pytest.raises(KdedgeError, match=r"w of one\.gguf is Q8_0"):
        read_rows(path, header, header.tensors[0], most_rows=4)
