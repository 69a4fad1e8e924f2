"""How long the longest text of a proof has to be, and may be.

A sliding window, and positions that stretch beyond the length first trained for, show only in
texts longer than that. Attention in full costs time and memory that grow with the square.
"""

from collections.abc import Mapping
from typing import Any

_USUAL_TOKENS = 512
_BEYOND_TOKENS = 96
_MOST_OPERATIONS = 5e12
"""Of one pass in transformers: about a minute on two laptop cores."""
_MOST_ATTENTION_BYTES = 3 * 1024**3
_LENGTH_DEPENDENT = ("longrope", "su", "dynamic")


def long_text_tokens(config: Mapping[str, Any], *, n_params: int) -> int:
    """Return the length of the long text: beyond every boundary if the model is small enough.

    Args:
        config: ``config.json``.
        n_params: Weights of the model.
    """
    wanted = max([boundary + _BEYOND_TOKENS for boundary in boundaries(config)], default=0)
    limit = config.get("max_position_embeddings") or config.get("n_positions") or _USUAL_TOKENS
    usual = min(_USUAL_TOKENS, int(limit))
    n_heads = int(config.get("num_attention_heads") or config.get("n_head") or 1)
    most = min(
        _MOST_OPERATIONS / (2 * max(n_params, 1)), (_MOST_ATTENTION_BYTES / (12 * n_heads)) ** 0.5
    )
    if wanted <= most:
        return max(usual, min(wanted, int(limit)))
    return int(max(min(usual, most), 64))


def boundaries(config: Mapping[str, Any]) -> list[int]:
    """Return the lengths at which the model begins to compute something else."""
    found = []
    window = config.get("sliding_window")
    if isinstance(window, int) and _uses_window(config):
        found.append(window)
    sections = [config.get(name) for name in ("rope_parameters", "rope_scaling")]
    kinds = {
        str(section.get("rope_type", section.get("type")))
        for section in sections
        if isinstance(section, dict)
    }
    if kinds & set(_LENGTH_DEPENDENT):
        lengths = [each.get("original_max_position_embeddings") for each in sections if each]
        lengths.append(config.get("original_max_position_embeddings"))
        found += [int(length) for length in lengths if isinstance(length, int)]
    return found


def _uses_window(config: Mapping[str, Any]) -> bool:
    types = config.get("layer_types")
    if isinstance(types, list):
        return "sliding_attention" in types
    return bool(config.get("use_sliding_window", True))
