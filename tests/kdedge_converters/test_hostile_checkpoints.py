"""Two thousand and more mutated inputs: an error or a right reading, in bounded memory."""

import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kdedge_converters.checkpoint import INDEX, Checkpoint
from kdedge_converters.errors import ConversionError
from tests.tiny_checkpoint import TinySafetensors, write_checkpoint, write_shards

ARRAYS = {
    "model.embed_tokens.weight": np.arange(12, dtype=np.uint16).reshape(4, 3),
    "model.norm.weight": np.ones(3, np.float32),
    "lm_head.weight": np.ones((4, 3), np.float16),
}
N_MUTATIONS = 1500
MOST_BYTES = 500 * 1024**2
WORDS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"0", b"-1", b"1e9", b"1e999", b"null", b"true",
    b'"F32"', b'"I64"', b"9" * 30, b"\0", b"\xff", b"\\ud800", b"\\u0000", b"../", b"NaN",
    b'"dtype"', b'"shape":[4,3],', b"18446744073709551615", b"4294967296", b"[" * 5000,
)  # fmt: skip


def mutations(original: bytes, count: int, *, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        mutated = bytearray(original)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(mutated) + 1)
            length = chance.choice((0, 1, 1, 2, 8, 40))
            kind = chance.randrange(4)
            if kind == 0:
                mutated[place : place + length] = chance.randbytes(length)
            elif kind == 1:
                mutated[place : place + length] = chance.choice(WORDS)
            elif kind == 2:
                del mutated[place : place + length]
            else:
                other = chance.randrange(len(mutated) + 1)
                mutated[place:place] = mutated[other : other + length]
        yield bytes(mutated)


def survives(directory: Path) -> bool:
    """Open and read everything; whether it was taken.

    Raises:
        AssertionError: It was refused without a sentence.
    """
    try:
        checkpoint = Checkpoint.open(directory)
        for name, stored in checkpoint.tensors.items():
            if stored.dtype in {"F32", "F16", "BF16"} and stored.n_bytes:
                assert checkpoint.read(name).shape == stored.shape
    except ConversionError as error:
        if not (error.problem and error.hint):
            raise AssertionError("refused without a sentence") from error
        return False
    return True


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_mutated_safetensors_are_refused_or_read(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path, ARRAYS) / "model.safetensors"
    before, taken = peak_bytes(), 0
    for mutated in mutations(path.read_bytes(), N_MUTATIONS, seed=1):
        path.write_bytes(mutated)
        taken += survives(tmp_path)
    assert 0 < taken < N_MUTATIONS / 2  # a changed weight is no broken file
    assert peak_bytes() - before < MOST_BYTES


def test_headers_mutated_with_the_right_size_are_refused_or_read(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path, ARRAYS) / "model.safetensors"
    original = path.read_bytes()
    header = original[8 : 8 + int.from_bytes(original[:8], "little")]
    before = peak_bytes()
    for mutated in mutations(header, N_MUTATIONS, seed=2):
        path.write_bytes(TinySafetensors(arrays=ARRAYS, header=mutated).to_bytes())
        survives(tmp_path)
    assert peak_bytes() - before < MOST_BYTES


def test_mutated_indices_and_configurations_are_refused_or_read(tmp_path: Path) -> None:
    names = list(ARRAYS)
    shards = {f"model-{n}.safetensors": {name: ARRAYS[name]} for n, name in enumerate(names)}
    write_shards(tmp_path, shards)
    before = peak_bytes()
    for file in (tmp_path / INDEX, tmp_path / "config.json"):
        original = file.read_bytes()
        for mutated in mutations(original, N_MUTATIONS // 2, seed=3):
            file.write_bytes(mutated)
            survives(tmp_path)
        file.write_bytes(original)
    assert survives(tmp_path)
    assert peak_bytes() - before < MOST_BYTES


def test_the_largest_header_stays_within_memory(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path, ARRAYS) / "model.safetensors"
    before = peak_bytes()
    for filler in (b'"ab",', b"1e1,", b"257,", b"{},", b'{"":0},', "\U0001f600".encode()):
        body = filler * (15 * 1024**2 // len(filler))
        for header in (b'{"a":[' + body + b"0]}", b'{"a":"' + body.replace(b'"', b"") + b'"}'):
            path.write_bytes(TinySafetensors(arrays={}, header=header).to_bytes())
            assert not survives(tmp_path)
    assert peak_bytes() - before < MOST_BYTES


def test_half_a_million_tensors_are_refused(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path, ARRAYS) / "model.safetensors"
    entries = {f"{n}": 0 for n in range(500_000)}
    path.write_bytes(TinySafetensors(arrays={}, header=json.dumps(entries).encode()).to_bytes())
    assert not survives(tmp_path)
