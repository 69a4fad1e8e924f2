"""Builds small GGUF files of a real shape, byte by byte, and broken ones."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
_CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}  # fmt: skip
F32_TENSOR, Q4_0_TENSOR, Q8_0_TENSOR = 0, 2, 8
_BYTES = {F32_TENSOR: (1, 4), Q4_0_TENSOR: (32, 18), Q8_0_TENSOR: (32, 34)}


def text(value: str | bytes) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def scalar(kind: int, value: Any) -> bytes:
    return text(value) if kind == STRING else struct.pack("<" + _CODES[kind], value)


def entry(key: str | bytes, kind: int, value: Any) -> bytes:
    return text(key) + struct.pack("<I", kind) + scalar(kind, value)


def array(key: str, kind: int, values: Sequence[Any]) -> bytes:
    head = text(key) + struct.pack("<IIQ", ARRAY, kind, len(values))
    return head + b"".join(scalar(kind, value) for value in values)


@dataclass(kw_only=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    kind: int = F32_TENSOR
    offset: int | None = None
    """``None``: where it belongs."""

    @property
    def n_bytes(self) -> int:
        elements, size = _BYTES[self.kind]
        count = 1
        for length in self.shape:
            count *= length
        return count // elements * size


@dataclass(kw_only=True)
class TinyGguf:
    """A GGUF file, and the lies it may tell."""

    entries: list[bytes] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    magic: bytes = b"GGUF"
    version: int = 3
    n_tensors: int | None = None
    n_entries: int | None = None
    alignment: int = 32

    def to_bytes(self) -> bytes:
        head = self.magic + struct.pack(
            "<IQQ",
            self.version,
            len(self.tensors) if self.n_tensors is None else self.n_tensors,
            len(self.entries) if self.n_entries is None else self.n_entries,
        )
        head += b"".join(self.entries)
        data_bytes = 0
        for tensor in self.tensors:
            offset = data_bytes if tensor.offset is None else tensor.offset
            head += text(tensor.name) + struct.pack("<I", len(tensor.shape))
            head += struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
            head += struct.pack("<IQ", tensor.kind, offset)
            data_bytes += -(-tensor.n_bytes // self.alignment) * self.alignment
        head += b"\0" * (-len(head) % self.alignment)
        return head + b"\1" * data_bytes


def tiny_llama(
    *, n_layers: int = 2, vocabulary: Sequence[str] = (), more: Mapping[str, bytes] | None = None
) -> TinyGguf:
    """Return a small file of the shape that real ones have."""
    tokens = list(vocabulary) or [f"token{number}" for number in range(64)]
    file = TinyGguf(
        entries=[
            entry("general.architecture", STRING, "llama"),
            entry("general.name", STRING, "Tiny"),
            entry("general.file_type", U32, 7),
            entry("llama.block_count", U32, n_layers),
            entry("llama.context_length", U32, 1024),
            entry("llama.embedding_length", U32, 64),
            entry("llama.feed_forward_length", U32, 128),
            entry("llama.attention.head_count", U32, 4),
            entry("llama.attention.head_count_kv", U32, 2),
            entry("llama.rope.freq_base", F32, 10000.0),
            entry("tokenizer.ggml.add_bos_token", BOOL, False),
            array("tokenizer.ggml.tokens", STRING, tokens),
            array("tokenizer.ggml.token_type", I32, [1] * len(tokens)),
            entry("tokenizer.chat_template", STRING, "{{ messages }}"),
            *(more or {}).values(),
        ],
        tensors=[Tensor(name="token_embd.weight", shape=(64, len(tokens)), kind=Q8_0_TENSOR)],
    )
    for layer in range(n_layers):
        file.tensors += [
            Tensor(name=f"blk.{layer}.attn_norm.weight", shape=(64,)),
            Tensor(name=f"blk.{layer}.attn_q.weight", shape=(64, 64), kind=Q4_0_TENSOR),
            Tensor(name=f"blk.{layer}.attn_k.weight", shape=(64, 32), kind=Q8_0_TENSOR),
        ]
    return file
