"""Which weights llama.cpp copies into a layout its CPU kernels like better.

Copies are anonymous memory; the mapped originals are then not read again. The rules are ggml's:
by type, by the CPU's features, for matrices whose number of rows divides. The token embedding is
looked up, not multiplied, and stays as it is, but where a file has no output matrix it stands in
for that too and is copied.
"""

from collections.abc import Collection

from kdedge.models.header import Header, TensorInfo

_AVX2 = {"Q4_0": 8, "Q4_K": 8, "IQ4_NL": 8, "MXFP4": 8}
_AVX512 = {"Q2_K": 8}
_DOTPROD = {"Q4_0": 4, "Q8_0": 4, "IQ4_NL": 4, "MXFP4": 4, "Q1_0": 4} | {
    "Q4_K": 8,
    "Q5_K": 8,
    "Q6_K": 8,
}
_I8MM = {"Q4_0": 4, "Q4_K": 8, "Q5_K": 8, "Q6_K": 8, "Q8_0": 4, "Q1_0": 4}
_AMX = dict.fromkeys(("Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"), 32)
_RULES = (
    ("avx2", _AVX2),
    ("avx512f", _AVX512),
    ("asimddp", _DOTPROD),
    ("i8mm", _I8MM),
    ("amx_int8", _AMX),
)
"""Feature of the CPU, as Linux spells it: types and what their number of rows must divide by."""
_EMBEDDING, _OUTPUT = "token_embd.weight", "output.weight"


def repacked_bytes(header: Header, *, cpu_features: Collection[str]) -> int:
    """Return the bytes of the weights that are copied on a CPU with these features."""
    return sum(
        tensor.n_bytes
        for tensor in header.tensors
        if _is_multiplied(tensor, header) and _is_repacked(tensor, cpu_features)
    )


def _is_multiplied(tensor: TensorInfo, header: Header) -> bool:
    if tensor.name == _EMBEDDING:
        return all(other.name != _OUTPUT for other in header.tensors)
    return tensor.name.endswith(".weight")


def _is_repacked(tensor: TensorInfo, cpu_features: Collection[str]) -> bool:
    n_dimensions = len([length for length in tensor.shape if length > 1])
    is_experts = "_exps." in tensor.name
    if n_dimensions != (3 if is_experts else 2):
        return False
    return any(
        feature in cpu_features
        and tensor.quant_type in types
        and tensor.shape[1] % types[tensor.quant_type] == 0
        for feature, types in _RULES
    )
