"""A mix: a type for each weight matrix, and how llama.cpp's quantiser is told of it."""

import re
from collections import Counter
from collections.abc import Mapping

from kdedge.quantize.overrides import Override
from kdedge.quantize.probing import Types

_PLAIN = {"Q4_0": "Q4_0", "Q4_1": "Q4_1", "Q8_0": "Q8_0"}
_FILE_TYPES = {
    "Q2_K": "Q2_K", "Q3_K": "Q3_K_M", "IQ4_XS": "IQ4_XS", "IQ4_NL": "IQ4_NL", "Q4_K": "Q4_K_M",
    "Q5_0": "Q5_0", "Q5_K": "Q5_K_M", "Q5_1": "Q5_1", "Q6_K": "Q6_K",
}  # fmt: skip
_BLOCK = re.compile(r"blk\.(\d+)\.(.+)")


def overrides_of(types: Types) -> tuple[Override, ...]:
    """Return ``types`` as overrides, blocks of the same kind and type in one pattern."""
    blocks: dict[tuple[str, str], list[str]] = {}
    single = []
    for name, quant_type in types.items():
        found = _BLOCK.fullmatch(name)
        if found is None:
            single.append(Override(pattern=f"^{re.escape(name)}$", quant_type=quant_type))
        else:
            blocks.setdefault((found[2], quant_type), []).append(found[1])
    grouped = [
        Override(
            pattern=rf"^blk\.({'|'.join(numbers)})\.{re.escape(kind)}$", quant_type=quant_type
        )
        for (kind, quant_type), numbers in blocks.items()
    ]
    return (*single, *grouped)


def file_type_of(types: Types, *, n_bytes: Mapping[str, int]) -> str:
    """Return the mix of llama.cpp's that a file with ``types`` is said to be.

    The type that most bytes have decides. Those three whose completions need no padding
    (``kdedge.runtime.row_padding``) are only said when all other types are of them too.

    Args:
        types: Tensor to type.
        n_bytes: Tensor to size.
    """
    by_type: Counter[str] = Counter()
    for name, quant_type in types.items():
        by_type[quant_type] += n_bytes[name]
    ranked = [quant_type for quant_type, _ in by_type.most_common()]
    return next(
        (_FILE_TYPES[each] for each in ranked if each in _FILE_TYPES),
        _PLAIN.get(ranked[0], "Q8_0"),
    )


def shares(types: Types, *, n_bytes: Mapping[str, int]) -> dict[str, float]:
    """Return the share of bytes that each type has, largest first."""
    by_type: Counter[str] = Counter()
    for name, quant_type in types.items():
        by_type[quant_type] += n_bytes[name]
    whole = sum(by_type.values())
    return {quant_type: size / whole for quant_type, size in by_type.most_common()}
