"""What a checkpoint's ``config.json`` may say: every key is known, or the checkpoint is refused.

A key that changes what the model computes must have a value that llama.cpp computes too; a key
that nobody knows might be such a key. Only keys that are known to be harmless are passed over.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from kdedge_converters.errors import ConversionError

MAX_COUNT = 2**31 - 1
_HARMLESS_ENDINGS = ("_dropout", "_pdrop", "_token_id", "_dropout_prob")
_HARMLESS_BEGINNINGS = ("transformers.js", "unsloth", "_name_or_path", "_model_name_or_path")
_HARMLESS = frozenset(
    # which software wrote it, and how it loads or trains
    """architectures auto_map dtype torch_dtype transformers_version model_type initializer_range
    use_cache cache_implementation gradient_checkpointing use_flash_attention attn_implementation _attn_implementation
    _attn_implementation_internal attention_softmax_in_fp32 scale_attention_softmax_in_fp32
    reorder_and_upcast_attn pretraining_tp tokenizer_class task_specific_params problem_type
    return_dict output_hidden_states output_attentions torchscript use_bfloat16 id2label label2id
    num_labels _num_labels finetuning_task prefix chunk_size_feed_forward _commit_hash
    keys_to_ignore_at_inference is_llama_config max_window_layers inference_runner
    validate_runner_input pad_key_length pre_allocate_kv_cache max_batch_size
    max_sequence_length"""
    # heads of other tasks, which a causal model does not have
    """ summary_type summary_use_proj summary_activation summary_proj_to_labels
    summary_first_dropout"""
    # how transformers samples from it
    """ max_length min_length do_sample early_stopping num_beams num_beam_groups
    diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty
    no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids num_return_sequences
    output_scores return_dict_in_generate forced_bos_token_id remove_invalid_values
    exponential_decay_length_penalty suppress_tokens begin_suppress_tokens""".split()
)
_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What one key may hold."""

    types: tuple[type, ...]
    default: Any
    """What transformers takes when the key is absent or null."""
    only: tuple[Any, ...] = ()
    """The values llama.cpp computes; empty for any."""

    @property
    def is_required(self) -> bool:
        """Return whether the key must be there."""
        return self.default is _REQUIRED


def count(default: Any = _REQUIRED) -> Field:
    """Return a field that holds a positive whole number."""
    return Field(types=(int,), default=default)


def number(default: Any = _REQUIRED) -> Field:
    """Return a field that holds a positive, finite number."""
    return Field(types=(int, float), default=default)


def flag(default: bool, *only: bool) -> Field:  # noqa: FBT001 - the value itself, not a switch
    """Return a field that holds true or false."""
    return Field(types=(bool,), default=default, only=only)


def choice(*only: str) -> Field:
    """Return a field that holds one of some names; the first is taken when it is absent."""
    return Field(types=(str,), default=only[0], only=only)


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


def _is_harmless(key: str, value: Any) -> bool:
    switches_nothing_on = value is None or value is False
    is_empty = isinstance(value, (str, list, dict)) and not value
    return (
        switches_nothing_on
        or is_empty
        or key in _HARMLESS
        or key.endswith(_HARMLESS_ENDINGS)
        or key.startswith(_HARMLESS_BEGINNINGS)
    )


def _refuse_unknown(key: str, value: Any) -> NoReturn:
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


def _checked_value(config: Mapping[str, Any], name: str, field: Field) -> Any:
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


def _has_type(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool) or not isinstance(value, types):
        return isinstance(value, bool) and bool in types
    if isinstance(value, (int, float)):
        return math.isfinite(value) and 0 < value <= (MAX_COUNT if types == (int,) else 1e30)
    return True


def refuse_value(name: str, value: Any, *only: Any) -> NoReturn:
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


def shown(name: str, value: Any) -> str:
    """Return ``name = value``, cut to what fits in a message."""
    return f"{name[:60]} = {str(value)[:60]}"
