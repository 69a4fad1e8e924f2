from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdedge_converters.checkpoint import Checkpoint
from kdedge_converters.errors import ConversionError
from tests.tiny_checkpoint import write_checkpoint, write_shards

A = np.arange(6, dtype=np.float32).reshape(2, 3)
B = np.arange(4, dtype=np.uint16)
SHARDS = {"model-1.safetensors": {"a": A}, "model-2.safetensors": {"b": B}}


def test_numbers_come_back_as_stored(tmp_path: Path) -> None:
    half = np.arange(3, dtype=np.float16)
    checkpoint = Checkpoint.open(write_checkpoint(tmp_path, {"a": A, "b": B, "c": half}))
    for name, numbers in {"a": A, "b": B, "c": half}.items():
        found = checkpoint.read(name)
        assert found.dtype == numbers.dtype
        assert np.array_equal(found, numbers)


def test_tensors_are_gathered_from_all_shards(tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(write_shards(tmp_path, SHARDS))
    assert [path.name for path in checkpoint.files] == list(SHARDS)
    assert np.array_equal(checkpoint.read("b"), B)


@pytest.mark.parametrize(
    ("weight_map", "words"),
    [
        ({"a": "model-2.safetensors"}, "b is in model-2.safetensors, but .* nothing of it"),
        ({"a": "model-1.safetensors", "b": "model-3.safetensors"}, "no file"),
        (
            {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-2.safetensors"},
            "tensor c in model-2.safetensors, where it is not",
        ),
        ({}, "no tensors"),
        ([], "no weight_map"),
    ],
)
def test_an_index_that_disagrees_with_its_files_is_refused(
    tmp_path: Path, weight_map: Any, words: str
) -> None:
    with pytest.raises(ConversionError, match=words):
        Checkpoint.open(write_shards(tmp_path, SHARDS, weight_map=weight_map))


def test_a_file_that_the_index_does_not_name_is_left_alone(tmp_path: Path) -> None:
    directory = write_shards(tmp_path, SHARDS, weight_map={"a": "model-1.safetensors"})
    assert list(Checkpoint.open(directory).tensors) == ["a"]


def test_a_tensor_the_index_does_not_know_is_refused(tmp_path: Path) -> None:
    shards = {"model-1.safetensors": {"a": A, "surplus": B}}
    directory = write_shards(tmp_path, shards, weight_map={"a": "model-1.safetensors"})
    with pytest.raises(ConversionError, match="surplus is in model-1"):
        Checkpoint.open(directory)


@pytest.mark.parametrize(
    "shard",
    [
        "../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..\\x.safetensors",
        "C:x.safetensors", ".hidden.safetensors", "model.bin", "", "x\0.safetensors", 7, None,
        ["a"], "x" * 300 + ".safetensors", "a\n.safetensors",
    ],
)  # fmt: skip
def test_an_index_cannot_lead_out_of_its_folder(tmp_path: Path, shard: Any) -> None:
    with pytest.raises(ConversionError, match="no name of a file beside it"):
        Checkpoint.open(write_shards(tmp_path, SHARDS, weight_map={"a": shard}))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth"])
def test_a_pickle_is_refused_with_the_way_to_convert_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / name).write_bytes(b"\x80\x04")
    with pytest.raises(ConversionError, match="pickle") as caught:
        Checkpoint.open(tmp_path)
    assert "save_pretrained" in caught.value.hint


def test_a_single_file_beside_an_index_is_refused(tmp_path: Path) -> None:
    write_shards(tmp_path, SHARDS)
    write_checkpoint(tmp_path, {"a": A})
    with pytest.raises(ConversionError, match="both"):
        Checkpoint.open(tmp_path)


def test_shards_without_their_index_are_refused(tmp_path: Path) -> None:
    (write_shards(tmp_path, SHARDS) / "model.safetensors.index.json").unlink()
    with pytest.raises(ConversionError, match="neither"):
        Checkpoint.open(tmp_path)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConversionError, match="no weights"):
        Checkpoint.open(tmp_path)


@pytest.mark.parametrize("config", ["", "[]", "{", '{"a": 1, "a": 2}', '{"a": Infinity}'])
def test_a_broken_configuration_is_refused(tmp_path: Path, config: str) -> None:
    (write_checkpoint(tmp_path, {"a": A}) / "config.json").write_text(config)
    with pytest.raises(ConversionError, match=r"config\.json"):
        Checkpoint.open(tmp_path)


def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.touch()
    with pytest.raises(ConversionError, match="not a folder"):
        Checkpoint.open(path)


def test_numbers_of_another_type_are_refused_when_they_are_needed(tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(write_checkpoint(tmp_path, {"a": A, "n": np.arange(3)}))
    with pytest.raises(ConversionError, match="stored as I64"):
        checkpoint.read("n")


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    checkpoint = Checkpoint.open(write_checkpoint(tmp_path, {"a": A}))
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ConversionError, match="shorter"):
        checkpoint.read("a")
