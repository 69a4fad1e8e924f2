"""From a GGUF file's metadata back to the ``config.json`` that transformers loads.

Together with ``Family.layout``, whose operations can be undone, this turns a file into a plain
checkpoint. What the metadata does not tell (biases, a tied head) is read off the tensors' names.
Token ids are not restored here; they belong to the tokenizer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from kdedge_converters.config_rules import shown
from kdedge_converters.errors import ConversionError
from kdedge_converters.family import EMBEDDINGS, HEAD, MAX_HEADS, MAX_LAYERS
from kdedge_converters.planned import Array
from kdedge_converters.rope import llama3_divisors, read_rope
from kdedge_converters.tensor_operations import Shape

Config: TypeAlias = dict[str, object]
ROPE_DIVISORS = "rope_freqs.weight"
_GEMMA_PERIOD = 6
_LAYERS_OF_27B = 62
_HINT = "Fetch the file again, or take the checkpoint it was made from."
_REQUIRED = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFacts:
    """What of a GGUF file its configuration is restored from."""

    metadata: Mapping[str, object]
    shapes: Mapping[str, Shape]
    """Of every tensor, in numpy's order (the length of a row last)."""
    rope_divisors: Array | None = None
    """The numbers of the tensor ``rope_freqs.weight``, where there is one."""

    @property
    def architecture(self) -> str:
        """Return llama.cpp's name of the architecture."""
        return str(self.metadata.get("general.architecture"))

    def count(self, key: str, default: object = _REQUIRED) -> int:
        """Return the whole number at ``key`` of the architecture.

        Raises:
            ConversionError: It is missing, or something else is there.
        """
        value = self._value(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise ConversionError(f"The file has {shown(key, value)}, no whole number.", hint=_HINT)

    def number(self, key: str, default: object = _REQUIRED) -> float:
        """Return the number at ``key``: the shortest one that is the same in single precision.

        Raises:
            ConversionError: It is missing, or something else is there.
        """
        value = self._value(key, default)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(str(np.float32(value)))
        raise ConversionError(f"The file has {shown(key, value)}, no number.", hint=_HINT)

    def has(self, key: str) -> bool:
        """Return whether the architecture has the entry ``key``."""
        return f"{self.architecture}.{key}" in self.metadata

    def has_tensor(self, name: str) -> bool:
        """Return whether the file has the tensor ``name``."""
        return name in self.shapes

    def _value(self, key: str, default: object) -> object:
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if value is _REQUIRED:
            raise ConversionError(f"The file does not say {self.architecture}.{key}.", hint=_HINT)
        return value


def restored_config(facts: GgufFacts) -> Config:
    """Return the configuration of the model in a GGUF file.

    Raises:
        ConversionError: Its architecture cannot be restored, or the file does not say enough.
    """
    restore = _RESTORERS.get(facts.architecture)
    if restore is None:
        raise ConversionError(
            f"A {facts.architecture[:60]} model cannot be turned back into a checkpoint.",
            hint=f"These can: {', '.join(_RESTORERS)}.",
        )
    return restore(facts)


def _decoder(facts: GgufFacts, class_name: str, model_type: str) -> Config:
    embeddings = facts.shapes.get(EMBEDDINGS, ())
    if len(embeddings) != 2:
        raise ConversionError(f"The file has no matrix {EMBEDDINGS}.", hint=_HINT)
    n_heads, n_layers = facts.count("attention.head_count"), facts.count("block_count")
    if not (0 < n_heads <= MAX_HEADS and 0 < n_layers <= MAX_LAYERS):
        raise ConversionError(
            f"The file claims {n_layers} blocks with {n_heads} attention heads.", hint=_HINT
        )
    return {
        "architectures": [class_name],
        "model_type": model_type,
        "vocab_size": embeddings[0],
        "hidden_size": facts.count("embedding_length"),
        "intermediate_size": facts.count("feed_forward_length"),
        "num_hidden_layers": n_layers,
        "num_attention_heads": n_heads,
        "num_key_value_heads": facts.count("attention.head_count_kv", n_heads),
        "max_position_embeddings": facts.count("context_length"),
        "rms_norm_eps": facts.number("attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": not facts.has_tensor(HEAD),
    }


def _rope(facts: GgufFacts) -> Config:
    rope: Config = {
        "rope_type": "default",
        "rope_theta": facts.number("rope.freq_base", 10_000.0),
    }
    kind = facts.metadata.get(f"{facts.architecture}.rope.scaling.type", "none")
    if kind in ("linear", "yarn"):
        rope |= {"rope_type": kind, "factor": facts.number("rope.scaling.factor")}
    elif kind != "none":
        raise ConversionError(
            f"The file has rotary positions of the type {str(kind)[:60]}.",
            hint="none, linear and yarn can be turned back.",
        )
    if kind == "yarn":
        original = facts.count("rope.scaling.original_context_length")
        rope["original_max_position_embeddings"] = original
    return rope


def _head_dim(facts: GgufFacts) -> int:
    usual = facts.count("embedding_length") // facts.count("attention.head_count")
    return facts.count("attention.key_length", usual)


def _llama(facts: GgufFacts) -> Config:
    config = _decoder(facts, "LlamaForCausalLM", "llama")
    rope, head_dim = _rope(facts), _head_dim(facts)
    if facts.rope_divisors is not None:
        rope |= _llama3(rope, facts.rope_divisors, context=facts.count("context_length"))
    return {
        **config,
        "hidden_act": "silu",
        "head_dim": head_dim,
        "attention_bias": facts.has_tensor("blk.0.attn_q.bias"),
        "mlp_bias": facts.has_tensor("blk.0.ffn_up.bias"),
        "rope_parameters": rope,
    }


def _llama3(rope: Config, divisors: Array, *, context: int) -> Config:
    """Return the parameters whose frequencies are divided by ``divisors``.

    Only those of the published Llama 3 models are tried: the numbers are not to be guessed.

    Raises:
        ConversionError: They give other divisors.
    """
    found: Config = {
        "rope_type": "llama3",
        "factor": float(divisors.max(initial=1.0)),
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    tried = read_rope({"rope_parameters": {**rope, **found}}, kinds=("llama3",), context=context)
    if not np.allclose(llama3_divisors(tried, rotated=2 * len(divisors)), divisors, rtol=1e-6):
        raise ConversionError(
            f"The file stretches frequencies ({ROPE_DIVISORS}) in no way that is known.",
            hint="Take the checkpoint it was made from.",
        )
    return found


def _qwen2(facts: GgufFacts) -> Config:
    config = _decoder(facts, "Qwen2ForCausalLM", "qwen2")
    return {
        **config,
        "hidden_act": "silu",
        "use_sliding_window": False,
        "rope_parameters": _rope(facts),
    }


def _qwen3(facts: GgufFacts) -> Config:
    config = _decoder(facts, "Qwen3ForCausalLM", "qwen3")
    return {
        **config,
        "hidden_act": "silu",
        "head_dim": _head_dim(facts),
        "attention_bias": False,
        "use_sliding_window": False,
        "rope_parameters": _rope(facts),
    }


def _gemma3(facts: GgufFacts) -> Config:
    config = _decoder(facts, "Gemma3ForCausalLM", "gemma3_text")
    n_layers, head_dim = facts.count("block_count"), _head_dim(facts)
    hidden, n_heads = facts.count("embedding_length"), facts.count("attention.head_count")
    return {
        **config,
        "hidden_activation": "gelu_pytorch_tanh",
        "head_dim": head_dim,
        "query_pre_attn_scalar": hidden // n_heads if n_layers == _LAYERS_OF_27B else head_dim,
        "sliding_window": facts.count("attention.sliding_window"),
        "layer_types": [
            "sliding_attention" if (layer + 1) % _GEMMA_PERIOD else "full_attention"
            for layer in range(n_layers)
        ],
        "final_logit_softcapping": facts.number("final_logit_softcapping")
        if facts.has("final_logit_softcapping")
        else None,
        "attn_logit_softcapping": None,
        "attention_bias": False,
        "rope_parameters": {
            "full_attention": _rope(facts),
            "sliding_attention": {
                "rope_type": "default",
                "rope_theta": facts.number("rope.freq_base_swa", 10_000.0),
            },
        },
    }


_RESTORERS: dict[str, Callable[[GgufFacts], Config]] = {
    "llama": _llama,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "gemma3": _gemma3,
}
