"""Imatrix files: both formats, what they add up to, and broken ones."""

import random
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from kdedge.core.errors import KdedgeError
from kdedge.quantize.imatrix_file import Imatrix, ImatrixEntry, read_imatrix, write_imatrix
from kdedge.quantize.imatrix_sum import add_imatrices
from kdedge.quantize.legacy_imatrix import read_legacy_imatrix
from tests.tiny_gguf import tiny_llama


def entry(sums: list[list[float]], counts: list[float]) -> ImatrixEntry:
    return ImatrixEntry(sums=np.array(sums), counts=np.array(counts))


def imatrix(entries: Mapping[str, ImatrixEntry] | None = None) -> Imatrix:
    return Imatrix(
        entries=entries
        or {
            "blk.0.attn_q.weight": entry([[2.0, 4.0, 6.0]], [2.0]),
            "blk.0.ffn_up_exps.weight": entry([[8.0, 4.0], [0.0, 0.0]], [4.0, 0.0]),
        },
        datasets=("code.txt",),
        n_chunks=3,
        chunk_tokens=512,
        text_sha256="a" * 64,
        model_sha256="b" * 64,
    )


def legacy(*, n_calls: int = 2, tail: bytes = b"") -> bytes:
    name = b"blk.0.attn_q.weight"
    head = struct.pack("<ii", 1, len(name)) + name
    return head + struct.pack("<ii3f", n_calls, 3, 2.0, 4.0, 6.0) + tail


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    write_imatrix(path, imatrix())
    found = read_imatrix(path)
    assert (found.datasets, found.n_chunks, found.chunk_tokens) == (("code.txt",), 3, 512)
    assert (found.text_sha256, found.model_sha256) == ("a" * 64, "b" * 64)
    for name, each in imatrix().entries.items():
        np.testing.assert_array_equal(found.entries[name].sums, each.sums)
        np.testing.assert_array_equal(found.entries[name].counts, each.counts)


def test_equal_contents_give_equal_bytes(tmp_path: Path) -> None:
    backwards = imatrix(dict(reversed(imatrix().entries.items())))
    write_imatrix(tmp_path / "a.gguf", imatrix())
    write_imatrix(tmp_path / "b.gguf", backwards)
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()


def test_statistics_are_means_and_an_expert_without_tokens_has_ones() -> None:
    found = imatrix().statistics
    assert found["blk.0.attn_q.weight"].tolist() == [1.0, 2.0, 3.0]
    assert found["blk.0.ffn_up_exps.weight"].tolist() == [2.0, 1.0, 1.0, 1.0]
    assert found["blk.0.attn_q.weight"].dtype == np.float32


def test_the_older_format_gives_the_same_statistics(tmp_path: Path) -> None:
    path = tmp_path / "old.dat"
    path.write_bytes(legacy(tail=struct.pack("<ii", 7, 3) + b"txt"))
    found = read_imatrix(path)
    assert found.statistics["blk.0.attn_q.weight"].tolist() == [1.0, 2.0, 3.0]
    assert (found.n_chunks, found.datasets) == (7, ("txt",))


def test_the_older_format_may_end_after_its_values() -> None:
    assert read_legacy_imatrix(legacy()).n_chunks == 0


@pytest.mark.parametrize(
    "data",
    [
        legacy()[:-1],
        legacy(n_calls=0),
        struct.pack("<i", 0),
        struct.pack("<i", -1),
        struct.pack("<ii", 1, 2**30),
        b"no imatrix at all, but text",
        b"",
    ],
)
def test_what_is_neither_format_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.dat"
    path.write_bytes(data)
    with pytest.raises(KdedgeError, match="neither a GGUF imatrix nor one of the older format"):
        read_imatrix(path)


def test_a_model_is_no_imatrix(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_llama().to_bytes())
    with pytest.raises(KdedgeError, match="a GGUF file, but no imatrix"):
        read_imatrix(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(KdedgeError, match="cannot be read: No such file"):
        read_imatrix(tmp_path / "none.gguf")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_numbers_that_are_no_sums_of_squares_are_refused(tmp_path: Path, value: float) -> None:
    path = tmp_path / "m.gguf"
    write_imatrix(path, imatrix({"blk.0.attn_q.weight": entry([[1.0, value]], [1.0])}))
    with pytest.raises(KdedgeError, match=r"blk\.0\.attn_q\.weight has numbers"):
        read_imatrix(path)


def test_mutated_files_are_read_or_refused_but_never_crash(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    write_imatrix(path, imatrix())
    whole = path.read_bytes()
    chance = random.Random(0)
    refused = 0
    for _ in range(400):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(len(whole))])])
        for _ in range(chance.randrange(1, 6)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            read_imatrix(path).statistics  # noqa: B018 - a property that computes
        except KdedgeError:
            refused += 1
    assert refused > 200


def test_sums_and_counts_add_up() -> None:
    both = add_imatrices([imatrix(), imatrix()])
    assert both.entries["blk.0.attn_q.weight"].sums.tolist() == [[4.0, 8.0, 12.0]]
    assert both.entries["blk.0.ffn_up_exps.weight"].counts.tolist() == [8.0, 0.0]
    assert (both.n_chunks, both.chunk_tokens, both.datasets) == (6, 512, ("code.txt",))


def test_adding_equal_files_leaves_the_statistics() -> None:
    both = add_imatrices([imatrix(), imatrix()])
    for name, values in imatrix().statistics.items():
        np.testing.assert_array_equal(both.statistics[name], values)


def test_a_file_of_the_older_format_weighs_by_its_chunks() -> None:
    names = {"w": entry([[512.0 * 3]], [512.0])}
    old = Imatrix(entries={"w": entry([[1.0]], [1.0])}, n_chunks=1, chunk_tokens=0)
    new = Imatrix(entries=names, n_chunks=1, chunk_tokens=512)
    assert add_imatrices([old, new]).statistics["w"].tolist() == [2.0]


def test_files_of_other_models_do_not_add_up() -> None:
    with pytest.raises(KdedgeError, match="blk 9 is not in all of them"):
        add_imatrices([imatrix(), imatrix({**imatrix().entries, "blk 9": entry([[1.0]], [1.0])})])
    wider = dict(imatrix().entries) | {"blk.0.attn_q.weight": entry([[1.0]], [1.0])}
    with pytest.raises(KdedgeError, match="has 1 and 3 columns"):
        add_imatrices([imatrix(), imatrix(wider)])
