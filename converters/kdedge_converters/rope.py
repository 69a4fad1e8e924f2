"""Rotary positions: what ``config.json`` says of them, and whether llama.cpp computes the same.

Older checkpoints have ``rope_theta`` and ``rope_scaling`` at the top, newer ones have both in
``rope_parameters``; both are read, and a contradiction between them is refused.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from kdedge_converters.config_rules import refuse_value, shown
from kdedge_converters.errors import ConversionError
from kdedge_converters.planned import Array

ROPE_KEYS = frozenset({
    "rope_theta", "rope_scaling", "rope_parameters", "partial_rotary_factor", "rope_pct",
    "rotary_emb_base", "original_max_position_embeddings", "rope_interleaved",
    "rope_local_base_freq",
})  # fmt: skip
_KNOWN = {
    "default": frozenset({"factor"}),
    "linear": frozenset({"factor"}),
    "llama3": frozenset(
        {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}
    ),
    "yarn": frozenset(
        {
            "factor", "original_max_position_embeddings", "attention_factor", "beta_fast",
            "beta_slow", "mscale", "mscale_all_dim", "truncate",
        }
    ),
    "longrope": frozenset(
        {
            "factor", "long_factor", "short_factor", "original_max_position_embeddings",
            "attention_factor",
        }
    ),
}  # fmt: skip
_EVERYWHERE = frozenset(
    {
        "rope_type",
        "type",
        "rope_theta",
        "partial_rotary_factor",
        "original_max_position_embeddings",
    }
)
_AT_THE_TOP = {
    "rope_theta": "rope_theta",
    "rotary_emb_base": "rope_theta",
    "partial_rotary_factor": "partial_rotary_factor",
    "rope_pct": "partial_rotary_factor",
    "original_max_position_embeddings": "original_max_position_embeddings",
}
_MAX_HEAD_DIM = 65_536
_MOST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """Rotary positions of one kind of layer."""

    kind: str
    """``default``, ``linear``, ``llama3``, ``yarn`` or ``longrope``."""
    theta: float
    rotated_fraction: float
    """Of each head."""
    original_context: int
    """Tokens the model was first trained for."""
    parameters: Mapping[str, Any]
    """All that ``config.json`` says of it."""

    def positive(self, name: str, default: float | None = None) -> float:
        """Return the parameter ``name``.

        Raises:
            ConversionError: It is missing, or no positive number.
        """
        value = self.parameters.get(name)
        return _positive(name, default if value is None else value)


def read_rope(
    config: Mapping[str, Any],
    *,
    kinds: tuple[str, ...],
    context: int,
    theta: float = 10_000.0,
    rotated_fraction: float = 1.0,
) -> Rope:
    """Return the rotary positions ``config`` describes.

    Args:
        config: ``config.json``.
        kinds: The kinds llama.cpp computes for this architecture.
        context: Its longest context, in tokens.
        theta: Base of the frequencies when the configuration has none.
        rotated_fraction: Rotated part of a head when the configuration does not say.

    Raises:
        ConversionError: It is of another kind, contradicts itself, or has unknown parameters.
    """
    if config.get("rope_interleaved"):
        refuse_value("rope_interleaved", config["rope_interleaved"], "false")
    return rope_of(
        _parameters(config), kinds=kinds, context=context, defaults=(theta, rotated_fraction)
    )


def rope_of(
    parameters: Mapping[str, Any],
    *,
    kinds: tuple[str, ...],
    context: int,
    defaults: tuple[float, float],
) -> Rope:
    """Return what one set of parameters says; ``defaults`` are theta and the rotated fraction.

    Raises:
        ConversionError: llama.cpp does not compute it.
    """
    kind = parameters.get("rope_type", parameters.get("type")) or "default"
    if kind == "su" and "longrope" in kinds:
        kind = "longrope"
    if kind not in kinds:
        refuse_value("rope_type", kind, *kinds)
    _refuse_unknown(parameters, kind)
    theta, fraction = (
        _positive(name, default if parameters.get(name) is None else parameters[name])
        for name, default in zip(("rope_theta", "partial_rotary_factor"), defaults, strict=True)
    )
    if fraction > 1:
        refuse_value("partial_rotary_factor", fraction, "at most 1.0")
    original = _positive(
        "original_max_position_embeddings",
        parameters.get("original_max_position_embeddings") or context,
    )
    rope = Rope(
        kind=kind,
        theta=theta,
        rotated_fraction=fraction,
        original_context=int(original),
        parameters=parameters,
    )
    _CHECKS.get(kind, _nothing)(rope)
    return rope


def _parameters(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the top of ``config`` and its sections say together.

    Raises:
        ConversionError: They contradict each other.
    """
    top = [{ours: config.get(theirs)} for theirs, ours in _AT_THE_TOP.items()]
    merged: dict[str, Any] = {}
    for section in (*top, *map(rope_section, repeat(config), ("rope_scaling", "rope_parameters"))):
        for key, value in section.items():
            if value is not None and merged.setdefault(key, value) != value:
                raise ConversionError(
                    f"config.json gives {key[:60]} twice: {merged[key]!s:.40} and {value!s:.40}.",
                    hint="Keep the one the model was trained with.",
                )
    return merged


def rope_section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object at ``name``; an empty one when there is none.

    Raises:
        ConversionError: Something else is there.
    """
    section = config.get(name)
    if section is None:
        return {}
    if isinstance(section, dict):
        return section
    raise ConversionError(
        f"config.json has {shown(name, section)}, which is no object.",
        hint="Take config.json from where the weights come from.",
    )


def _refuse_unknown(parameters: Mapping[str, Any], kind: str) -> None:
    for name, value in parameters.items():
        if value is not None and name not in _KNOWN[kind] | _EVERYWHERE:
            raise ConversionError(
                f"The rotary positions have {shown(name, value)}, which kdedge does not know for"
                f" the type {kind}.",
                hint="If the model does not use it, remove it from config.json.",
            )


def _positive(name: str, value: object) -> float:
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and 0 < value <= _MOST  # NaN is not
    ):
        return value
    raise ConversionError(
        f"config.json has {shown(name, value)}; a positive number is expected there.",
        hint="Take config.json from where the weights come from.",
    )


def _nothing(rope: Rope) -> None:
    factor = rope.parameters.get("factor")
    if factor not in (None, 1):
        refuse_value("factor (without a rope_type)", factor, 1.0)


def _check_linear(rope: Rope) -> None:
    rope.positive("factor")


def _check_llama3(rope: Rope) -> None:
    rope.positive("factor")
    if rope.positive("low_freq_factor") >= rope.positive("high_freq_factor"):
        raise ConversionError(
            "The rotary positions have a low_freq_factor that is not below high_freq_factor.",
            hint="Take config.json from where the weights come from.",
        )


def _check_yarn(rope: Rope) -> None:
    """Refuse what llama.cpp's graphs do not read: they take its own defaults.

    Raises:
        ConversionError: A parameter differs from what llama.cpp takes.
    """
    factor = rope.positive("factor")
    if rope.parameters.get("truncate", True) is not True:
        refuse_value("truncate", rope.parameters["truncate"], "true")
    for name, usual in (("beta_fast", 32), ("beta_slow", 1)):
        if rope.parameters.get(name) not in (None, 0, usual):
            refuse_value(name, rope.parameters[name], usual)
    usual_attention = 0.1 * math.log(factor) + 1.0 if factor > 1 else 1.0
    attention = rope.parameters.get("attention_factor")
    if attention is not None and not math.isclose(
        rope.positive("attention_factor"), usual_attention, rel_tol=1e-6
    ):
        refuse_value("attention_factor", attention, usual_attention)
    if attention is None and rope.parameters.get("mscale_all_dim"):
        refuse_value("mscale_all_dim", rope.parameters["mscale_all_dim"], "no mscale")


def _check_longrope(rope: Rope) -> None:
    for name in ("long_factor", "short_factor"):
        factors = rope.parameters.get(name)
        if not isinstance(factors, list) or not 0 < len(factors) <= _MAX_HEAD_DIM:
            raise ConversionError(
                f"The rotary positions have no list {name}.",
                hint="Take config.json from where the weights come from.",
            )
        for factor in factors:
            _positive(name, factor)


_CHECKS = {
    "default": _nothing,
    "linear": _check_linear,
    "llama3": _check_llama3,
    "yarn": _check_yarn,
    "longrope": _check_longrope,
}


def llama3_divisors(rope: Rope, *, rotated: int) -> Array:
    """Return what llama.cpp divides each frequency by, float32 of shape (rotated / 2,).

    Llama 3 stretches the slow frequencies by ``factor``, leaves the fast ones, and blends in
    between; https://github.com/meta-llama/llama-models, ``apply_scaling``.

    Raises:
        ConversionError: The parameters are so far out that single precision cannot hold them.
    """
    with np.errstate(all="ignore"):
        divisors = _llama3_divisors(rope, rotated)
    if np.all(np.isfinite(divisors)) and np.all(divisors > 0):
        return divisors
    raise ConversionError(
        "The rotary positions stretch frequencies to nothing or without bound.",
        hint="Take config.json from where the weights come from.",
    )


def _llama3_divisors(rope: Rope, rotated: int) -> Array:
    one, factor = np.float32(1), np.float32(rope.positive("factor"))
    low, high = rope.positive("low_freq_factor"), rope.positive("high_freq_factor")
    exponents = np.arange(0, rotated, 2, dtype=np.float32) / np.float32(rotated)
    frequencies = one / np.power(np.float64(rope.theta), exponents).astype(np.float32)
    wavelengths = np.float32(2 * math.pi) / frequencies
    turns = np.float32(rope.original_context) / wavelengths
    smooth = (turns - np.float32(low)) / np.float32(high - low)
    blended = one / ((one - smooth) / factor + smooth)
    slow, fast = rope.original_context / low, rope.original_context / high
    divisors = np.where(wavelengths < fast, one, np.where(wavelengths > slow, factor, blended))
    return divisors.astype(np.float32)
