"""The types a file can be quantised to, best first, and the types a single tensor can have."""

from dataclasses import dataclass

from kdedge.core.errors import KdedgeError
from kdedge.models.quant_types import FILE_TYPES, QUANT_TYPES

MASTER_TYPES = frozenset({"F32", "F16", "BF16"})
"""What a file should be quantised from: nothing has been rounded away yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """One of llama.cpp's mixes."""

    name: str
    number: int
    """``general.file_type``."""
    base_type: str
    """The type of most tensors; the mix gives some of them more bits."""
    fastest: bool = False
    """CPUs run no type near its size faster, so it is worth a look beside better ones."""
    for_trained: bool = False
    """Only for models that were trained to be stored so; others come out useless."""


# Which of two names loses less where rows fit every type: KL of an 8B model with an imatrix, as
# published with llama.cpp's tools.
_BEST_FIRST = (
    ("F32", "F32"),
    ("BF16", "BF16"),
    ("F16", "F16"),
    ("Q8_0", "Q8_0"),
    ("Q6_K", "Q6_K"),
    ("Q5_K_M", "Q5_K"),
    ("Q5_K_S", "Q5_K"),
    ("Q5_1", "Q5_1"),
    ("Q5_0", "Q5_0"),
    ("Q4_K_M", "Q4_K"),
    ("Q4_K_S", "Q4_K"),
    ("IQ4_NL", "IQ4_NL"),
    ("IQ4_XS", "IQ4_XS"),
    ("Q4_1", "Q4_1"),
    ("Q4_0", "Q4_0"),
    ("Q3_K_L", "Q3_K"),
    ("Q3_K_M", "Q3_K"),
    ("IQ3_M", "IQ3_S"),
    ("IQ3_S", "IQ3_S"),
    ("IQ3_XS", "IQ3_S"),
    ("Q3_K_S", "Q3_K"),
    ("IQ3_XXS", "IQ3_XXS"),
    ("Q2_K", "Q2_K"),
    ("IQ2_M", "IQ2_S"),
    ("IQ2_S", "IQ2_XS"),
    ("Q2_K_S", "Q2_K"),
    ("IQ2_XS", "IQ2_XS"),
    ("IQ2_XXS", "IQ2_XXS"),
    ("IQ1_M", "IQ1_M"),
    ("IQ1_S", "IQ1_S"),
)
_FOR_TRAINED = (
    ("MXFP4_MOE", "MXFP4"),
    ("TQ2_0", "TQ2_0"),
    ("TQ1_0", "TQ1_0"),
    ("Q2_0", "Q2_0"),
    ("Q1_0", "Q1_0"),
)
_NUMBERS = {name: number for number, name in FILE_TYPES.items()}
_FASTEST = {"Q4_0"}
_PLAIN = len(_BEST_FIRST)

QUANT_FILE_TYPES = {
    name: FileType(
        name=name,
        number=_NUMBERS[name],
        base_type=base_type,
        fastest=name in _FASTEST,
        for_trained=rank >= _PLAIN,
    )
    for rank, (name, base_type) in enumerate(_BEST_FIRST + _FOR_TRAINED)
}
"""Every mix that llama.cpp's quantiser makes, by name, best first."""

_ALIASES = {"Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"}
_NOT_MADE = {"Q8_1", "Q8_K", "I8", "I16", "I32", "I64", "F64"}
QUANT_TYPE_NUMBERS = {
    each.name: number for number, each in QUANT_TYPES.items() if each.name not in _NOT_MADE
}
"""ggml's number of every type that a tensor can be quantised to."""
_NEED_IMATRIX = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS"}
_NEVER_NEED_IMATRIX = {"token_embd.weight", "per_layer_token_embd.weight", "output.weight"}


def file_type_called(name: str) -> FileType:
    """Return the mix called ``name``, in any case; llama.cpp's short names are known too.

    Raises:
        KdedgeError: There is no such mix.
    """
    upper = name.upper()
    found = QUANT_FILE_TYPES.get(_ALIASES.get(upper, upper))
    if found is None:
        raise KdedgeError(
            f"{name} is no type this version makes.",
            hint=f"Choose one of: {', '.join(QUANT_FILE_TYPES)}.",
        )
    return found


def needs_imatrix(tensor: str, *, quant_type: str, file_type: FileType) -> bool:
    """Return whether llama.cpp refuses to make ``tensor`` a ``quant_type`` without an imatrix."""
    if tensor in _NEVER_NEED_IMATRIX:
        return False
    return quant_type in _NEED_IMATRIX or (quant_type == "Q2_K" and file_type.name == "Q2_K_S")
