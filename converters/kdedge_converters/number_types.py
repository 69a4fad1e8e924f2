"""The three number types of a master file: changing one into another, and what does not survive.

BF16 has no numpy type: its numbers travel as uint16 holding their bits.
"""

from enum import Enum

import numpy as np

from kdedge_converters.errors import ConversionError
from kdedge_converters.planned import Array


class NumberType(Enum):
    """How the numbers of a tensor are stored; the value is its number in a GGUF file."""

    F32 = 0
    F16 = 1
    BF16 = 30

    @property
    def n_bytes(self) -> int:
        """Return the bytes of one number."""
        return 4 if self is NumberType.F32 else 2

    @property
    def file_type(self) -> int:
        """Return ``general.file_type`` of a file whose matrices have this type."""
        return {NumberType.F32: 0, NumberType.F16: 1, NumberType.BF16: 32}[self]


_BY_KIND = {"f4": NumberType.F32, "f2": NumberType.F16, "u2": NumberType.BF16}
_INFINITY_BITS = {NumberType.F32: 0x7F80_0000, NumberType.F16: 0x7C00, NumberType.BF16: 0x7F80}
_F32_ABOVE_F16 = 0x477F_E000
"""The float32 bits of 65504, the largest number F16 holds."""
_F32_ABOVE_BF16 = 0x7F7F_7FFF
"""The largest float32 bits that do not round to an infinite BF16."""


def type_of(numbers: Array) -> NumberType:
    """Return the type of ``numbers``.

    Raises:
        ValueError: They are of no type a master file has.
    """
    found = _BY_KIND.get(numbers.dtype.str[1:])
    if found is None:
        raise ValueError(f"no number type is {numbers.dtype}")
    return found


def widened(numbers: Array) -> Array:
    """Return ``numbers`` in the type their arithmetic is done in: BF16 becomes float32."""
    if type_of(numbers) is not NumberType.BF16:
        return numbers
    return (numbers.astype(np.uint32) << 16).view(np.float32)


def converted(numbers: Array, to: NumberType) -> Array:
    """Return ``numbers`` as ``to``, rounded to the nearest; the same array when it is one already.

    They must be finite and fit: ``check_numbers`` says whether they do.
    """
    if type_of(numbers) is to:
        return numbers
    wide = widened(numbers)
    if to is NumberType.BF16:
        return _rounded_to_bf16(wide.astype(np.float32, copy=False))
    return wide.astype(np.float32 if to is NumberType.F32 else np.float16, copy=False)


def check_numbers(numbers: Array, to: NumberType, *, name: str) -> None:
    """Refuse ``numbers`` of the tensor ``name`` that are not finite or do not fit ``to``.

    Raises:
        ConversionError: One is NaN or infinite, or would become infinite.
    """
    stored = type_of(numbers)
    bits = _largest_magnitude_bits(numbers)
    if bits >= _INFINITY_BITS[stored]:
        raise ConversionError(
            f"The tensor {name} has numbers that are NaN or infinite.",
            hint="The checkpoint is broken: take an earlier one, or train with a lower rate.",
        )
    if to is stored or to is NumberType.F32:
        return
    wide_bits = bits << 16 if stored is NumberType.BF16 else bits
    if to is NumberType.F16 and wide_bits > _F32_ABOVE_F16:
        largest = float(np.uint32(wide_bits).view(np.float32))
        raise ConversionError(
            f"The tensor {name} has a number of size {largest:.6g}; F16 ends at 65504.",
            hint="Use --dtype bf16 or --dtype f32.",
        )
    if to is NumberType.BF16 and stored is NumberType.F32 and bits > _F32_ABOVE_BF16:
        raise ConversionError(
            f"The tensor {name} has a number that BF16 does not hold.", hint="Use --dtype f32."
        )


def _largest_magnitude_bits(numbers: Array) -> int:
    """Return the bits of the largest number without its sign; NaN counts as the largest.

    Without their sign, the bits of floating-point numbers are ordered as the numbers are. So the
    largest signed integer is that of the positive numbers, the largest unsigned one (less the
    sign bit) that of the negative: two passes that need no memory.
    """
    unsigned = numbers.view(f"u{numbers.itemsize}")
    sign = 1 << (8 * numbers.itemsize - 1)
    positive = int(unsigned.view(f"i{numbers.itemsize}").max())
    negative = int(unsigned.max())
    return max(positive, negative - sign, 0)


def _rounded_to_bf16(numbers: Array) -> Array:
    bits = numbers.view(np.uint32)
    to_nearest_even = 0x7FFF + ((bits >> 16) & 1)
    return ((bits + to_nearest_even) >> 16).astype(np.uint16)
