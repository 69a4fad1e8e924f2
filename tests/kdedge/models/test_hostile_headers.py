"""Files that lie: whatever they hold, a header or one sentence comes back, soon and in little memory."""

import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdedge.core.errors import KdedgeError
from kdedge.models.header import Header, read_header
from tests.tiny_gguf import ARRAY, STRING, U32, U64, Tensor, TinyGguf, entry, text, tiny_llama

WHOLE = tiny_llama().to_bytes()
HEADER_BYTES = WHOLE.index(b"\1" * 32)


def reading(tmp_path: Path, content: bytes) -> Header:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    return read_header(path)


def header_or_refused(tmp_path: Path, content: bytes) -> Header | None:
    try:
        return reading(tmp_path, content)
    except KdedgeError:
        return None


def refusal(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(KdedgeError) as caught:
        reading(tmp_path, content)
    assert caught.value.hint
    assert "\n" not in caught.value.problem
    return caught.value.problem


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    for length in range(0, HEADER_BYTES, 7):
        assert "cut short" in refusal(tmp_path, WHOLE[:length])
    assert "cut short" in refusal(tmp_path, WHOLE[:-33])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"magic": b"GGML"}, "does not start with GGUF"),
        ({"version": 1}, "version 1"),
        ({"version": 0}, "version 0"),
        ({"version": 4}, "version 4"),
        ({"version": 3 << 24}, "big-endian"),
        ({"n_tensors": 2**63}, "claims"),
        ({"n_entries": 2**64 - 1}, "claims"),
        ({"n_tensors": 200_000}, "the name of a tensor claims"),
    ],
)
def test_a_lie_in_the_first_bytes_is_named(
    tmp_path: Path, changes: dict[str, int], words: str
) -> None:
    file = tiny_llama()
    for name, value in changes.items():
        setattr(file, name, value)
    assert words in refusal(tmp_path, file.to_bytes())


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (struct.pack("<Q", 2**62) + b"x", "a metadata name claims"),
        (text("key") + struct.pack("<IQ", STRING, 2**63), "claims"),
        (text("key") + struct.pack("<I", 99), "unknown type 99"),
        (text("key") + struct.pack("<IIQ", ARRAY, ARRAY, 1), "holds arrays"),
        (text("key") + struct.pack("<IIQ", ARRAY, 77, 1), "unknown type 77"),
        (text("key") + struct.pack("<IIQ", ARRAY, STRING, 2**60), "more than the file can hold"),
        (text("key") + struct.pack("<IIQ", ARRAY, U64, 2**61), "cut short"),
        (text(""), "is empty or there twice"),
        (entry("general.name", STRING, "again"), "is empty or there twice"),
        (entry("general.alignment", U32, 24), "no power of two"),
        (entry("general.alignment", U32, 0), "no power of two"),
        (entry("general.alignment", STRING, "32"), "no power of two"),
    ],
)
def test_a_lie_in_the_metadata_is_named(tmp_path: Path, raw: bytes, words: str) -> None:
    file = tiny_llama()
    file.entries.append(raw)
    assert words in refusal(tmp_path, file.to_bytes())


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (Tensor(name="x" * 64, shape=(1,)), "64 bytes"),
        (Tensor(name="x", shape=(1, 1, 1, 1, 1)), "5 dimensions"),
        (Tensor(name="x", shape=(0, 4)), "impossible shape"),
        (Tensor(name="token_embd.weight", shape=(32,)), "there twice"),
        (Tensor(name="x", shape=(32,), offset=8), "lies at 8"),
        (Tensor(name="x", shape=(32,), offset=0), "lies at 0"),
        (Tensor(name="x", shape=(32,), offset=2**63), "lies at"),
        (Tensor(name="x", shape=(33,), kind=2), "no whole blocks of Q4_0"),
    ],
)
def test_a_lie_about_a_tensor_is_named(tmp_path: Path, tensor: Tensor, words: str) -> None:
    file = tiny_llama()
    file.tensors.append(tensor)
    assert words in refusal(tmp_path, file.to_bytes())


@pytest.mark.parametrize(("shape", "kind"), [((2**32, 2**32), 0), ((2**40,), 0), ((32,), 4)])
def test_a_tensor_that_cannot_be_is_refused(
    tmp_path: Path, shape: tuple[int, ...], kind: int
) -> None:
    tensor = text("x") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, 0)
    assert refusal(tmp_path, TinyGguf(n_tensors=1).to_bytes()[:24] + tensor + b"\0" * 64)


def test_an_endless_string_table_takes_no_memory(tmp_path: Path) -> None:
    empty_strings = b"\0" * 8 * 200_000
    head = text("tokenizer.ggml.tokens") + struct.pack("<IIQ", ARRAY, STRING, 200_000)
    path = tmp_path / "model.gguf"
    path.write_bytes(TinyGguf(entries=[head + empty_strings]).to_bytes())
    tracemalloc.start()
    header = read_header(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.n_vocab == 200_000
    assert peak_bytes < 8 * len(empty_strings)


def test_many_short_arrays_are_not_all_kept(tmp_path: Path) -> None:
    entries = [
        text(f"key{number}") + struct.pack("<IIQ", ARRAY, 0, 1000) + b"\7" * 1000
        for number in range(200)
    ]
    header = reading(tmp_path, TinyGguf(entries=entries).to_bytes())
    kept = [value for value in header.metadata.values() if isinstance(value, tuple)]
    assert len(kept) == 65


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, HEADER_BYTES - 1), st.binary(min_size=1, max_size=9), st.booleans()
        ),
        min_size=1,
        max_size=4,
    ),
    length=st.none() | st.integers(0, len(WHOLE)),
)
def test_any_change_gives_a_header_or_one_sentence(
    tmp_path: Path, changes: list[tuple[int, bytes, bool]], length: int | None
) -> None:
    content = bytearray(WHOLE)
    for position, new, insert in changes:
        content[position : position if insert else position + len(new)] = new
    header = header_or_refused(tmp_path, bytes(content[:length]))
    if header is None:
        return
    assert header.data_offset + header.weights_bytes <= header.file_bytes
    assert header.bits_per_weight >= 0
    assert header.file_type
    assert header.n_files >= 1


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), with_magic=st.booleans())
def test_any_bytes_give_a_header_or_one_sentence(
    tmp_path: Path, content: bytes, with_magic: bool
) -> None:
    start = b"GGUF\3\0\0\0" if with_magic else b""
    header = header_or_refused(tmp_path, start + content)
    assert header is None or header.file_bytes == len(start + content)
