"""``--override REGEX=TYPE``: a type of its own for some tensors, checked before work begins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kdedge.core.errors import KdedgeError
from kdedge.quantize.types import QUANT_TYPE_NUMBERS, FileType
from kdedge.runtime.quantizer_client import PlannedType

_FLOATS = {"F32", "F16", "BF16"}
_PYTHON_ONLY = re.compile(r"\(\?(?![:=!])|\\[AZz]")
"""Look-behind, named groups, flags and Python's anchors: llama.cpp's regular expressions
(ECMAScript) have none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The type that some tensors get instead of the mix's choice."""

    pattern: str
    """Searched in the tensor's name; of several overrides the first that matches counts."""
    quant_type: str
    """GGUF spelling, upper case."""


def parse_override(text: str) -> Override:
    """Return the override that ``REGEX=TYPE`` means.

    Raises:
        KdedgeError: A part is missing, the pattern is no regular expression that llama.cpp reads,
            or there is no such type.
    """
    pattern, _, type_name = text.rpartition("=")
    if not pattern or not type_name:
        raise KdedgeError(
            f"The override {text} is not REGEX=TYPE.", hint="For example 'ffn_down=Q6_K'."
        )
    override = Override(pattern=pattern, quant_type=type_name.upper())
    check_override(override)
    return override


def check_override(override: Override) -> None:
    """Refuse an override that cannot be carried out whatever the model.

    Raises:
        KdedgeError: The pattern is no regular expression that llama.cpp reads, or there is no
            such type.
    """
    if override.quant_type not in QUANT_TYPE_NUMBERS:
        raise KdedgeError(
            f"{override.quant_type} is no type that a tensor can have.",
            hint=f"Choose one of: {', '.join(QUANT_TYPE_NUMBERS)}.",
        )
    try:
        re.compile(override.pattern)
    except re.error as error:
        raise KdedgeError(
            f"The pattern {override.pattern} is no regular expression: {error}.",
            hint="A plain part of the name will do, for example 'ffn_down'.",
        ) from error
    if _PYTHON_ONLY.search(override.pattern) or "\0" in override.pattern:
        raise KdedgeError(
            f"The pattern {override.pattern} uses what llama.cpp's regular expressions lack.",
            hint="Use plain ECMAScript: no flags, look-behind or named groups.",
        )


def check_matches(
    overrides: Sequence[Override], *, names: Sequence[str], file_type: FileType
) -> None:
    """Refuse overrides that would change nothing.

    Args:
        overrides: In the order in which they are tried.
        names: Of the model's tensors.
        file_type: The mix they are exceptions from.

    Raises:
        KdedgeError: One matches no tensor that is left by those before it, or the mix is one of
            plain floats, where llama.cpp ignores all of them.
    """
    if overrides and file_type.base_type in _FLOATS:
        raise KdedgeError(
            f"llama.cpp ignores overrides when it makes {file_type.name}.",
            hint="Choose a quantised --type and override the tensors that should stay exact.",
        )
    taken = deciding_overrides(overrides, names=names)
    for override in overrides:
        if override in taken.values():
            continue
        if any(re.search(override.pattern, name) for name in names):
            raise KdedgeError(
                f"Every tensor that {override.pattern} matches is taken by an earlier override.",
                hint="Put the narrower --override first.",
            )
        raise KdedgeError(
            f"The override {override.pattern} matches no tensor.",
            hint="`kdedge quantize IN.gguf --type Q8_0 --plan` lists the names.",
        )


def check_effects(overrides: Sequence[Override], planned: Sequence[PlannedType]) -> None:
    """Refuse overrides that llama.cpp's own plan did not follow.

    Raises:
        KdedgeError: llama.cpp leaves every tensor of an override as it is (norms and other small
            ones), or reads its pattern in another way.
    """
    taken = deciding_overrides(overrides, names=[tensor.name for tensor in planned])
    for override in overrides:
        mine = [tensor for tensor in planned if taken.get(tensor.name) == override]
        if not any(each.to_type == override.quant_type or each.fallback for each in mine):
            raise KdedgeError(
                f"llama.cpp does not make {mine[0].name} {override.quant_type}:"
                f" it stays {mine[0].to_type}.",
                hint="Norms, biases and other small tensors keep their type.",
            )


def deciding_overrides(
    overrides: Sequence[Override], *, names: Sequence[str]
) -> dict[str, Override]:
    """Return for each tensor name that an override matches the first one that does."""
    compiled = [(re.compile(each.pattern), each) for each in overrides]
    found = {}
    for name in names:
        first = next((each for pattern, each in compiled if pattern.search(name)), None)
        if first is not None:
            found[name] = first
    return found
