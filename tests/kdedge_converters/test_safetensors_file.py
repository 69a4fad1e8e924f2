import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdedge_converters.errors import ConversionError
from kdedge_converters.safetensors_file import read_safetensors_header
from tests.tiny_checkpoint import TinySafetensors

TWO = {"a": np.zeros((2, 3), np.float32), "b": np.zeros(4, np.uint16)}


def read(folder: Path, file: TinySafetensors) -> dict[str, Any]:
    path = folder / "model.safetensors"
    path.write_bytes(file.to_bytes())
    return read_safetensors_header(path)


def test_tensors_are_found_where_they_lie(tmp_path: Path) -> None:
    found = read(tmp_path, TinySafetensors(arrays=TWO))
    assert {name: (each.dtype, each.shape, each.n_bytes) for name, each in found.items()} == {
        "a": ("F32", (2, 3), 24),
        "b": ("BF16", (4,), 8),
    }
    assert found["b"].offset + 8 == (tmp_path / "model.safetensors").stat().st_size


def entry(dtype: Any = "F32", shape: Any = (2, 3), offsets: Any = (0, 24)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (entry(dtype="F31"), "unknown type"),
        (entry(dtype=7), "unknown type"),
        (entry(shape=[2, 4]), "cannot have 24 bytes"),
        (entry(shape=[-2, -3]), "impossible shape"),
        (entry(shape=[2.0, 3]), "impossible shape"),
        (entry(shape=[True, 6]), "impossible shape"),
        (entry(shape=[1] * 7 + [2, 3]), "impossible shape"),
        (entry(shape=[10**30]), "impossible shape"),
        (entry(shape=[2**62, 2**62]), "cannot have"),
        (entry(offsets=[24, 0]), "lies at"),
        (entry(offsets=[-24, 0]), "lies at"),
        (entry(offsets=[0]), "lies at"),
        (entry(offsets=[0, 24, 48]), "lies at"),
        (entry(offsets=[8, 32]), "gap"),
        (entry(offsets=[2**62, 2**62 + 24]), "gap"),
        ({"dtype": "F32"}, "malformed"),
        ([], "malformed"),
        (entry() | {"surplus": 1}, "malformed"),
    ],
)
def test_a_forged_entry_is_refused(tmp_path: Path, lie: Any, words: str) -> None:
    file = TinySafetensors(arrays={"a": TWO["a"]}, entries={"a": lie})
    with pytest.raises(ConversionError, match=words):
        read(tmp_path, file)


def test_tensors_that_overlap_are_refused(tmp_path: Path) -> None:
    file = TinySafetensors(arrays=TWO, entries={"b": entry("BF16", [4], [20, 28])})
    with pytest.raises(ConversionError, match="'b' overlaps"):
        read(tmp_path, file)


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    one = json.dumps(entry())
    file = TinySafetensors(arrays={"a": TWO["a"]}, header=f'{{"a":{one},"a":{one}}}'.encode())
    with pytest.raises(ConversionError, match="'a' is there twice"):
        read(tmp_path, file)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(TinySafetensors(arrays=TWO).to_bytes()[:-1])
    with pytest.raises(ConversionError, match="cut short"):
        read_safetensors_header(path)


def test_bytes_that_belong_to_no_tensor_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="belong to no tensor"):
        read(tmp_path, TinySafetensors(arrays=TWO, tail=b"x"))


@pytest.mark.parametrize("claimed", [0, 1, 10**6, 2**63, 2**64 - 1])
def test_a_header_size_that_cannot_be_is_refused(tmp_path: Path, claimed: int) -> None:
    with pytest.raises(ConversionError, match="claims a header"):
        read(tmp_path, TinySafetensors(arrays=TWO, header_bytes=claimed))


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{" + b'"a":[' * 500_000,
        b'{"a": 1e999}',
        b'{"a": NaN}',
        b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"\xff": 1}',
        b"[1]",
        b"{",
        b"\0" * 64,
    ],
)
def test_a_header_that_is_no_json_object_is_refused(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(ConversionError):
        read(tmp_path, TinySafetensors(arrays={}, header=header))


@pytest.mark.parametrize("name", ["", "x" * 513, "a\0b", "a\nb", "\x1b[2J"])
def test_a_name_that_would_garble_a_terminal_is_refused(tmp_path: Path, name: str) -> None:
    file = TinySafetensors(arrays={}, entries={name: entry(shape=[0], offsets=[0, 0])})
    with pytest.raises(ConversionError, match="impossible name"):
        read(tmp_path, file)


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.safetensors")
    with pytest.raises(ConversionError, match="not a regular file"):
        read_safetensors_header(tmp_path / "model.safetensors")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ConversionError, match="only 0 bytes"):
        read_safetensors_header(tmp_path / "model.safetensors")
