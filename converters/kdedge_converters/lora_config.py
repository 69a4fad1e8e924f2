"""What an ``adapter_config.json`` of peft may say: plain LoRA, or it is refused.

As with models, a key that changes what is computed must have a value llama.cpp computes too, and
a key that nobody knows must be switched off.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kdedge_converters.config_rules import shown
from kdedge_converters.errors import ConversionError

_HARMLESS = frozenset((
    "peft_type", "task_type", "peft_version", "auto_mapping", "base_model_name_or_path",
    "revision", "inference_mode", "r", "target_modules", "exclude_modules", "lora_alpha",
    "lora_dropout", "use_rslora", "rank_pattern", "alpha_pattern", "layers_to_transform",
    "layers_pattern", "megatron_core", "qalora_group_size", "runtime_config", "loftq_config",
    "init_lora_weights", "bias", "fan_in_fan_out", "ensure_weight_tying", "eva_config",
))  # fmt: skip
_CHANGES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Ways to start training that also change the base: the adapter fits no longer to the original."""
_HINT = "Merge the adapter into its model (merge_and_unload) and convert the result."


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """How strongly each pair of matrices counts."""

    alpha: float
    by_root: bool
    """Divided by the root of the rank (rsLoRA) instead of the rank."""
    alpha_pattern: Mapping[str, float]
    """Other values, by the end of a module's name (a regular expression)."""

    def scale(self, module: str, *, rank: int) -> float:
        """Return the factor of the product of both matrices of ``module``."""
        alpha = next(
            (value for key, value in self.alpha_pattern.items() if _ends_with(module, key)),
            self.alpha,
        )
        return alpha / (math.sqrt(rank) if self.by_root else rank)


def read_lora_settings(config: Mapping[str, Any]) -> LoraSettings:
    """Return what ``adapter_config.json`` says.

    Raises:
        ConversionError: It is no plain LoRA adapter, or a value is impossible.
    """
    if config.get("peft_type") != "LORA":
        raise ConversionError(
            f"adapter_config.json has {shown('peft_type', config.get('peft_type'))}; only LORA"
            " can be converted.",
            hint=_HINT,
        )
    _check_start(config.get("init_lora_weights", True))
    if config.get("bias", "none") != "none":
        _refuse("bias", config["bias"])
    for key, value in config.items():
        if key not in _HARMLESS and value not in (None, False, [], {}, ""):
            _refuse(key, value)
    pattern = config.get("alpha_pattern") or {}
    if not isinstance(pattern, dict):
        _refuse("alpha_pattern", pattern)
    return LoraSettings(
        alpha=_positive("lora_alpha", config.get("lora_alpha", 8)),
        by_root=config.get("use_rslora") is True,
        alpha_pattern={key: _positive("alpha_pattern", value) for key, value in pattern.items()},
    )


def _check_start(value: object) -> None:
    if isinstance(value, str) and value.lower().startswith(_CHANGES_BASE):
        raise ConversionError(
            f"adapter_config.json has {shown('init_lora_weights', value)}: training began with a"
            " changed base, and the adapter fits that one alone.",
            hint="Save it with path_initial_model_for_weight_conversion, or merge it first.",
        )


def _refuse(key: str, value: object) -> None:
    raise ConversionError(
        f"adapter_config.json has {shown(key, value)}, which llama.cpp does not compute.",
        hint=_HINT,
    )


def _positive(name: str, value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(value, (int, float)) and is_number and 0 < value < 1e6:  # NaN is not
        return float(value)
    raise ConversionError(
        f"adapter_config.json has {shown(name, value)}; a positive number is expected there.",
        hint="Take adapter_config.json from where the weights come from.",
    )


def _ends_with(module: str, key: str) -> bool:
    try:
        return re.match(rf"(.*\.)?({key})$", module) is not None
    except re.error:
        return module.endswith(key)
