import random
import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize, quantize

from kdedge_converters.errors import ConversionError
from kdedge_converters.gguf_file import open_gguf
from kdedge_converters.number_types import widened
from kdedge_converters.to_hf import plan_to_hf
from tests.proof_cases import write_case, write_proof_file

NOISE = np.random.default_rng(0).normal(size=(6, 256)).astype(np.float32)
TYPES = ("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q8_0")


def write(path: Path) -> Path:
    writer = GGUFWriter(path, "llama")
    writer.add_uint32("a.number", 7)
    writer.add_float32("a.float", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_array("texts", ["ä", "", "b"])
    writer.add_array("numbers", [1, -2, 3])
    for name in TYPES:
        kind = GGMLQuantizationType[name]
        writer.add_tensor(name, quantize(NOISE, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_metadata_is_what_gguf_reads(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gguf")
    theirs = {
        key: field.contents()
        for key, field in GGUFReader(path).fields.items()
        if not key.startswith("GGUF.")
    }
    found = open_gguf(path)
    assert found.metadata == theirs
    assert found.text("general.architecture") == "llama"
    assert found.number("a.number") == 7
    assert (found.number("a.bool"), found.text("a.number")) == (None, None)


@pytest.mark.parametrize("name", TYPES)
def test_numbers_are_what_gguf_dequantises(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdedge_converters.gguf_file._PIECE_NUMBERS", 512)
    tensor = open_gguf(write(tmp_path / "x.gguf")).tensors[name]
    pieces = list(tensor.pieces())
    assert len(pieces) == 3
    kind = GGMLQuantizationType[name]
    expected = dequantize(quantize(NOISE, kind), kind)
    numbers = np.concatenate([widened(piece) for piece in pieces]).reshape(tensor.shape)
    assert np.array_equal(numbers.astype(np.float32), expected)


def test_parts_and_adapters_are_refused(tmp_path: Path) -> None:
    for key, value, words in (
        ("split.count", 2, "several parts"),
        ("general.type", "adapter", "adapter"),
    ):
        writer = GGUFWriter(tmp_path / "x.gguf", "llama")
        if isinstance(value, int):
            writer.add_uint16(key, value)
        else:
            writer.add_string(key, value)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        with pytest.raises(ConversionError, match=words):
            open_gguf(tmp_path / "x.gguf")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "GGUF"),
        (b"PK\x03\x04" * 9, "does not start"),
        (struct.pack("<4sIQQ", b"GGUF", 1, 0, 0), "version 1"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 10**9, 0) + bytes(99), "count"),
        (struct.pack("<4sIQQ", b"GGUF", 3, 0, 10**18) + bytes(99), "count"),
        (struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 2**63) + bytes(99), "count"),
        (struct.pack("<4sIQQQcIIQ", b"GGUF", 3, 0, 1, 1, b"k", 9, 8, 10**9), "cut short"),
        (struct.pack("<4sIQQQcI", b"GGUF", 3, 0, 1, 1, b"k", 99) + bytes(9), "type 99"),
    ],
)
def test_a_lie_in_the_header_is_refused_at_once(raw: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(raw)
    with pytest.raises(ConversionError, match=words):
        open_gguf(tmp_path / "x.gguf")


def test_no_change_of_bytes_does_more_than_raise_an_error(tmp_path: Path) -> None:
    path = write_proof_file(write_case(tmp_path / "original"), tmp_path / "x.gguf")
    original = path.read_bytes()
    tensors_at = original.index(b"token_embd.weight")
    chance = random.Random(1)
    changed = tmp_path / "changed.gguf"
    refused = 0
    for number in range(400):
        raw = bytearray(original if number % 3 else original[: chance.randrange(len(original))])
        for _ in range(chance.choice((1, 1, 2, 8))):
            near = chance.choice((0, 24, tensors_at)) + chance.randrange(1500)
            raw[min(near, len(raw) - 1) if raw else 0 : near + 1] = chance.randbytes(1)
        changed.write_bytes(raw)
        try:
            plan_to_hf(changed)
        except ConversionError:
            refused += 1
    assert refused > 200
