"""The header of a GGUF file: its metadata and tensors, with nothing loaded.

Every size, count and offset is checked against the file before it is used, and what llama.cpp
would refuse is refused here in a sentence. Long arrays (the vocabulary) are measured and skipped.
"""

import math
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeAlias

from kdedge.core.errors import KdedgeError
from kdedge.models.cursor import Cursor
from kdedge.models.quant_types import FILE_TYPES, GUESSED_FILE_TYPE, QUANT_TYPES

MAX_METADATA = 16_384
MAX_TENSORS = 262_144
MAX_KEY_BYTES = 65_535
MAX_TEXT_BYTES = 16 * 1024**2
MAX_TENSOR_NAME_BYTES = 63  # llama.cpp's own limit
MAX_DIMENSIONS = 4
KEPT_ARRAY_ITEMS = 1024
"""Longer arrays are skipped."""
MAX_KEPT_ITEMS = 65_536
"""In all arrays of one file together."""
_STRING, _ARRAY = 8, 9
_SCALARS = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
_ELEMENT_BYTES = {kind: struct.calcsize("<" + code) for kind, code in _SCALARS.items()}
_FIM_PREFIX_KEYS = ("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id")
_FIM_PREFIX_TOKENS = (
    "<|fim_prefix|>",
    "<fim-prefix>",
    "<fim_prefix>",
    "<\uff5cfim\u2581begin\uff5c>",
    "<PRE>",
    "\u2581<PRE>",
    "<|code_prefix|>",
    "<|prefix|>",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedArray:
    """An array too long to keep; only its length is known."""

    length: int


Scalar: TypeAlias = bool | int | float | str
MetadataValue: TypeAlias = Scalar | tuple[Scalar, ...] | SkippedArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """Where and how one tensor is stored."""

    name: str
    shape: tuple[int, ...]
    """As in the file: the length of a row first."""
    quant_type: str
    offset: int
    """From the start of the data section."""
    n_bytes: int

    @property
    def n_elements(self) -> int:
        """Return how many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a GGUF file says about itself."""

    version: int
    alignment: int
    data_offset: int
    """Where the data section starts in the file."""
    file_bytes: int
    metadata: Mapping[str, MetadataValue]
    tensors: tuple[TensorInfo, ...]
    has_fim: bool
    """The vocabulary has a token that starts fill-in-the-middle prompts."""

    def text(self, key: str) -> str | None:
        """Return the string at ``key``; ``None`` when there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def count(self, key: str) -> int | None:
        """Return the count at ``key`` of the architecture; ``None`` when there is none."""
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
            return value
        return None

    @property
    def architecture(self) -> str:
        """Return the name llama.cpp knows the architecture by."""
        return self.text("general.architecture") or "unknown"

    @property
    def name(self) -> str | None:
        """Return what the makers call the model."""
        return self.text("general.name")

    @property
    def n_params(self) -> int:
        """Return the number of weights in all tensors."""
        return sum(tensor.n_elements for tensor in self.tensors)

    @property
    def weights_bytes(self) -> int:
        """Return the bytes of all tensors."""
        return sum(tensor.n_bytes for tensor in self.tensors)

    @property
    def bits_per_weight(self) -> float:
        """Return the mean size of a weight; 0 for a file without tensors."""
        return 8 * self.weights_bytes / self.n_params if self.n_params else 0.0

    @property
    def file_type(self) -> str:
        """Return llama.cpp's name of the mix, or the type most bytes have when it has none."""
        stated = self.metadata.get("general.file_type")
        if isinstance(stated, int) and stated % GUESSED_FILE_TYPE in FILE_TYPES:
            return FILE_TYPES[stated % GUESSED_FILE_TYPE]
        by_type: Counter[str] = Counter()
        for tensor in self.tensors:
            by_type[tensor.quant_type] += tensor.n_bytes
        return by_type.most_common(1)[0][0] if by_type else "unknown"

    @property
    def chat_template(self) -> str | None:
        """Return the model's chat template."""
        return self.text("tokenizer.chat_template")

    @property
    def context_length(self) -> int | None:
        """Return the longest context the model was made for, in tokens."""
        return self.count("context_length")

    @property
    def n_vocab(self) -> int | None:
        """Return the size of the vocabulary, in tokens."""
        tokens = self.metadata.get("tokenizer.ggml.tokens")
        if isinstance(tokens, SkippedArray):
            return tokens.length
        return len(tokens) if isinstance(tokens, tuple) else self.count("vocab_size")

    @property
    def n_files(self) -> int:
        """Return over how many files the model is spread; more than one needs all of them."""
        stated = self.metadata.get("split.count")
        return stated if isinstance(stated, int) and stated > 1 else 1


def read_header(path: Path) -> Header:
    """Return the header of the GGUF file at ``path``.

    Raises:
        KdedgeError: The file is missing, cannot be read, or is not a GGUF file that can be used.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        _raise_unreadable(path, error)


def _raise_unreadable(path: Path, error: OSError) -> NoReturn:
    if isinstance(error, FileNotFoundError):
        raise KdedgeError(
            f"There is no file {path}.", hint="`kdedge models list` shows the models it knows."
        ) from error
    if isinstance(error, IsADirectoryError):
        raise KdedgeError(
            f"{path} is a folder, not a GGUF file.", hint="Name the .gguf file inside it."
        ) from error
    raise KdedgeError(
        f"{path} cannot be read: {error.strerror or error}.", hint="Check its permissions."
    ) from error


def _read(file: BinaryIO, path: Path) -> Header:
    file_bytes = file.seek(0, 2)
    file.seek(0)
    cursor = Cursor(file, path=path, file_bytes=file_bytes)
    version = _version(cursor)
    n_tensors, n_metadata = cursor.u64(), cursor.u64()
    if n_tensors > MAX_TENSORS or n_metadata > MAX_METADATA:
        cursor.refuse(f"it claims {n_tensors} tensors and {n_metadata} metadata entries")
    reader = _MetadataReader(cursor)
    for _ in range(n_metadata):
        reader.read_entry()
    alignment = _alignment(cursor, reader.metadata)
    tensors = _tensors(cursor, n_tensors, alignment)
    data_offset = _padded(cursor.position, alignment) if n_tensors else cursor.position
    data_end = data_offset + max((each.offset + each.n_bytes for each in tensors), default=0)
    if data_end > file_bytes:
        cursor.refuse(f"it is cut short: {file_bytes} bytes of {data_end} are there")
    return Header(
        version=version,
        alignment=alignment,
        data_offset=data_offset,
        file_bytes=file_bytes,
        metadata=reader.metadata,
        tensors=tensors,
        has_fim=reader.has_fim or any(key in reader.metadata for key in _FIM_PREFIX_KEYS),
    )


def _version(cursor: Cursor) -> int:
    if cursor.take(4, "the first four bytes") != b"GGUF":
        cursor.refuse("it does not start with GGUF")
    version = cursor.u32()
    if version and version & 0xFFFF == 0:
        cursor.refuse("it was written for big-endian machines")
    if version not in {2, 3}:
        cursor.refuse(f"it has GGUF version {version}, only 2 and 3 can be read")
    return version


class _MetadataReader:
    """Reads metadata entries one by one, keeping short values only."""

    def __init__(self, cursor: Cursor) -> None:
        self.metadata: dict[str, MetadataValue] = {}
        self.has_fim = False
        self._cursor = cursor
        self._kept_items = 0

    def read_entry(self) -> None:
        key = self._cursor.text("a metadata name", max_bytes=MAX_KEY_BYTES)
        if not key or key in self.metadata:
            self._cursor.refuse(f"the metadata name {key[:80]!r} is empty or there twice")
        kind = self._cursor.u32()
        self.metadata[key] = self._array(key) if kind == _ARRAY else self._scalar(key, kind)

    def _scalar(self, key: str, kind: int) -> Scalar:
        if kind == _STRING:
            return self._cursor.text(f"the text {key[:80]!r}", max_bytes=MAX_TEXT_BYTES)
        if kind not in _SCALARS:
            self._cursor.refuse(f"the metadata {key[:80]!r} has the unknown type {kind}")
        data = self._cursor.take(_ELEMENT_BYTES[kind], f"the value of {key[:80]!r}")
        value: Scalar = struct.unpack("<" + _SCALARS[kind], data)[0]
        return value

    def _array(self, key: str) -> tuple[Scalar, ...] | SkippedArray:
        what = f"the array {key[:80]!r}"
        kind, length = self._cursor.u32(), self._cursor.u64()
        if kind == _ARRAY:
            self._cursor.refuse(f"{what} holds arrays, which llama.cpp cannot read")
        if kind != _STRING and kind not in _SCALARS:
            self._cursor.refuse(f"{what} has the unknown type {kind}")
        start = self._cursor.position
        if length <= min(KEPT_ARRAY_ITEMS, MAX_KEPT_ITEMS - self._kept_items):
            self._kept_items += length
            kept: tuple[Scalar, ...] | SkippedArray = tuple(
                self._scalar(key, kind) for _ in range(length)
            )
        else:
            if kind == _STRING:
                self._cursor.skip_strings(length, what)
            else:
                self._cursor.skip(length * _ELEMENT_BYTES[kind], what)
            kept = SkippedArray(length=length)
        if key == "tokenizer.ggml.tokens" and kind == _STRING:
            end = self._cursor.position
            self.has_fim = any(
                self._cursor.has_string(token, start=start, end=end)
                for token in _FIM_PREFIX_TOKENS
            )
        return kept


def _alignment(cursor: Cursor, metadata: Mapping[str, MetadataValue]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if (
        not isinstance(alignment, int)
        or isinstance(alignment, bool)
        or not 0 < alignment <= 2**30
        or alignment & (alignment - 1)
    ):
        cursor.refuse(f"its alignment {str(alignment)[:80]!r} is no power of two")
    return alignment


def _tensors(cursor: Cursor, count: int, alignment: int) -> tuple[TensorInfo, ...]:
    tensors = []
    names: set[str] = set()
    expected_offset = 0
    for _ in range(count):
        tensor = _tensor(cursor)
        if tensor.name in names:
            cursor.refuse(f"the tensor {tensor.name!r} is there twice")
        if tensor.offset != expected_offset:
            cursor.refuse(
                f"the tensor {tensor.name!r} lies at {tensor.offset}, expected {expected_offset}"
            )
        expected_offset += _padded(tensor.n_bytes, alignment)
        names.add(tensor.name)
        tensors.append(tensor)
    return tuple(tensors)


def _tensor(cursor: Cursor) -> TensorInfo:
    name = cursor.text("the name of a tensor", max_bytes=MAX_TENSOR_NAME_BYTES)
    n_dimensions = cursor.u32()
    if n_dimensions > MAX_DIMENSIONS:
        cursor.refuse(f"the tensor {name!r} has {n_dimensions} dimensions")
    shape = tuple(cursor.u64() for _ in range(n_dimensions))
    number = cursor.u32()
    if number not in QUANT_TYPES:
        cursor.refuse(f"the tensor {name!r} has the unknown type {number}")
    quant_type = QUANT_TYPES[number]
    n_elements = math.prod(shape)
    row_elements = shape[0] if shape else 1
    if not 0 < n_elements < 2**63:
        cursor.refuse(f"the tensor {name!r} has the impossible shape {shape}")
    if row_elements % quant_type.block_elements:
        cursor.refuse(
            f"the rows of {name!r} ({row_elements} numbers) are no whole blocks of"
            f" {quant_type.name} ({quant_type.block_elements})"
        )
    return TensorInfo(
        name=name,
        shape=shape,
        quant_type=quant_type.name,
        offset=cursor.u64(),
        n_bytes=n_elements // quant_type.block_elements * quant_type.block_bytes,
    )


def _padded(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
