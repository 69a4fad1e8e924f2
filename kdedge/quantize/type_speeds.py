"""How long a weight of each type takes when a token is decoded, from timing whole files.

A token's time is taken to be the sum over all weights of a cost that their type fixes; what does
not depend on weights is spread over them. Each type is timed in a file where every tensor that it
fits has it. Only for comparing mixes of one model on one machine.
"""

from collections.abc import Callable, Mapping, Sequence

from kdedge.quantize.probing import Types
from kdedge.quantize.sensitivity import TensorErrors

_FLOOR = 0.25
"""No type is believed to be faster than this share of the fastest that fits all tensors."""


def decoded_weights(tensors: Sequence[TensorErrors]) -> dict[str, int]:
    """Return how many weights of each tensor a decoded token meets.

    All of them, except for embeddings that are not the output matrix too: one row of those is
    read.
    """
    names = {each.name for each in tensors}
    untied = "output.weight" in names
    return {
        each.name: 0 if untied and each.name == "token_embd.weight" else each.n_elements
        for each in tensors
    }


def seconds_per_weight(
    tensors: Sequence[TensorErrors],
    quant_types: Sequence[str],
    *,
    decode_seconds: Callable[[Types], float],
) -> dict[str, float]:
    """Return the time that one weight of each type adds to a decoded token.

    Args:
        tensors: Of one model.
        quant_types: The types to time; those that fit no tensor are left out.
        decode_seconds: Returns the time of one token of a file with these types.

    Raises:
        ValueError: No type fits every tensor.
    """
    weights = decoded_weights(tensors)
    everywhere = [each for each in quant_types if all(each in one.errors for one in tensors)]
    if not everywhere:
        raise ValueError("no type fits every tensor")
    total = sum(weights.values())
    found = {
        quant_type: decode_seconds({one.name: quant_type for one in tensors}) / total
        for quant_type in everywhere
    }
    fastest = min(found, key=lambda each: found[each])
    for quant_type in quant_types:
        fitting = {one.name for one in tensors if quant_type in one.errors}
        share = sum(weights[name] for name in fitting)
        if quant_type in found or not share:
            continue
        mix = {one.name: quant_type if one.name in fitting else fastest for one in tensors}
        rest = found[fastest] * (total - share)
        found[quant_type] = max((decode_seconds(mix) - rest) / share, _FLOOR * found[fastest])
    return found


def mix_seconds(
    tensors: Sequence[TensorErrors], types: Types, *, speeds: Mapping[str, float]
) -> float:
    """Return the predicted time of one decoded token."""
    weights = decoded_weights(tensors)
    return sum(weights[name] * speeds[quant_type] for name, quant_type in types.items())
