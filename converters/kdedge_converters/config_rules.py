"""What a checkpoint's ``config.json`` may say: every key is known, or the checkpoint is refused.

A key that changes what the model computes must have a value that llama.cpp computes too; a key
that nobody knows might be such a key. Only keys that are known to be harmless are passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from kdedge_converters.errors import ConversionError
from kdedge_converters.harmless_keys import HARMLESS, HARMLESS_BEGINNINGS, HARMLESS_ENDINGS

MAX_COUNT = 2**31 - 1
_MOST = 1e30
_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What one key may hold."""

    types: tuple[type, ...]
    default: object
    """What transformers takes when the key is absent or null."""
    only: tuple[object, ...] = ()
    """The values llama.cpp computes; empty for any."""

    @property
    def is_required(self) -> bool:
        """Return whether the key must be there."""
        return self.default is _REQUIRED


def count(default: object = _REQUIRED) -> Field:
    """Return a field that holds a positive whole number."""
    return Field(types=(int,), default=default)


def number(default: object = _REQUIRED) -> Field:
    """Return a field that holds a positive, finite number."""
    return Field(types=(int, float), default=default)


ON = Field(types=(bool,), default=True)
"""True or false; on when absent."""
OFF = Field(types=(bool,), default=False)
"""True or false; off when absent."""
ONLY_ON = Field(types=(bool,), default=True, only=(True,))
ONLY_OFF = Field(types=(bool,), default=False, only=(False,))


def choice(*only: str) -> Field:
    """Return a field that holds one of some names; the first is taken when it is absent."""
    return Field(types=(str,), default=only[0], only=only)


def absent() -> Field:
    """Return a field that llama.cpp knows nothing of: it must be null or missing."""
    return Field(types=(int, float, str, list, dict), default=None, only=(None,))


def listed() -> Field:
    """Return a field that holds a list, or nothing; whoever uses it looks into it."""
    return Field(types=(list,), default=None)


def checked(
    config: Mapping[str, Any],
    fields: Mapping[str, Field],
    *,
    others: frozenset[str],
) -> dict[str, Any]:
    """Return the value of every field, with defaults filled in.

    Args:
        config: ``config.json``, with the names ``fields`` uses.
        fields: What is read from it.
        others: Further keys that are looked at elsewhere.

    Raises:
        ConversionError: A key is missing, unknown, or has a value that cannot be converted.
    """
    for key, value in config.items():
        if key not in fields and key not in others and not _is_harmless(key, value):
            _refuse_unknown(key, value)
    return {name: _checked_value(config, name, field) for name, field in fields.items()}


def _is_harmless(key: str, value: object) -> bool:
    switches_nothing_on = value is None or value is False
    is_empty = isinstance(value, (str, list, dict)) and not value
    return (
        switches_nothing_on
        or is_empty
        or key in HARMLESS
        or key.endswith(HARMLESS_ENDINGS)
        or key.startswith(HARMLESS_BEGINNINGS)
    )


def _refuse_unknown(key: str, value: object) -> NoReturn:
    if key == "quantization_config":
        raise ConversionError(
            "The checkpoint is quantised (config.json has a quantization_config).",
            hint="Convert the original in bfloat16 or float16, then use kdedge quantize.",
        )
    raise ConversionError(
        f"config.json has {shown(key, value)}; kdedge does not know whether that changes what"
        " the model computes.",
        hint="If it does not, remove the key from config.json; else this model cannot be"
        " converted.",
    )


def _checked_value(config: Mapping[str, Any], name: str, field: Field) -> object:
    value = config.get(name)
    if value is None:
        if field.is_required:
            raise ConversionError(
                f"config.json has no {name}.",
                hint="Take config.json from where the weights come from.",
            )
        value = field.default
        if value is None:
            return None
    if not _has_type(value, field.types):
        expected = " or ".join(kind.__name__ for kind in field.types)
        raise ConversionError(
            f"config.json has {shown(name, value)}; a {expected} is expected there"
            f"{'' if bool in field.types or str in field.types else ', above 0 and in range'}.",
            hint="Take config.json from where the weights come from.",
        )
    if field.only and value not in field.only:
        refuse_value(name, value, *field.only)
    return value


def _has_type(value: object, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool) or not isinstance(value, types):
        return isinstance(value, bool) and bool in types
    if isinstance(value, (int, float)):
        return 0 < value <= (MAX_COUNT if types == (int,) else _MOST)  # NaN is not

    return True


def refuse_value(name: str, value: object, *only: object) -> NoReturn:
    """Refuse the value of a key that is known and changes what the model computes.

    Raises:
        ConversionError: Always.
    """
    told = " or ".join(str(each) for each in only)
    raise ConversionError(
        f"config.json has {shown(name, value)}; llama.cpp computes this architecture with"
        f" {told} only.",
        hint="This model cannot be converted: the file would load and answer wrongly.",
    )


def shown(name: str, value: object) -> str:
    """Return ``name = value``, cut to what fits in a message."""
    return f"{name[:60]} = {str(value)[:60]}"
