"""Tiny models of every family, made with transformers' own classes; the numbers are random.

Every number is n / 64 with a whole n below 128, so BF16 and F16 hold it exactly, and it depends
on the tensor's name alone: a test can make the same checkpoint without transformers.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM

VOCABULARY = 384
_PLAIN_TOKENIZER = "PreTrainedTokenizerFast"
_SMALL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
_GPT = {"vocab_size": VOCABULARY, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 128}
_LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
_YARN = {
    "rope_type": "yarn",
    "rope_theta": 1_000_000.0,
    "factor": 4.0,
    "original_max_position_embeddings": 64,
}
_LINEAR = {"rope_type": "linear", "factor": 4.0, "rope_theta": 100_000.0}
_LONG = {
    "rope_type": "longrope",
    "rope_theta": 10_000.0,
    "partial_rotary_factor": 0.75,
    "short_factor": [1.0 + 0.01 * i for i in range(6)],
    "long_factor": [1.0 + 0.75 * i for i in range(6)],
}
_MULTIPLIERS = {
    "attention_multiplier": 0.015625,
    "embedding_multiplier": 12.0,
    "residual_multiplier": 0.22,
    "logits_scaling": 8.0,
}
_GEMMA = {
    **_SMALL,
    "num_hidden_layers": 7,
    "head_dim": 32,
    "query_pre_attn_scalar": 32,
    "sliding_window": 32,
}
_BIAS = {"attention_bias": True, "mlp_bias": True}
THEIRS_FAILS = {"stablelm-head-norms": 'its converter ends with "Unprocessed norms"'}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", {**_SMALL, "tie_word_embeddings": True}),
    "llama-untied-bias": ("llama", {**_SMALL, **_BIAS, "num_key_value_heads": 4}),
    "llama-wide-heads": ("llama", {**_SMALL, "head_dim": 32}),
    "llama-linear": ("llama", {**_SMALL, "rope_parameters": _LINEAR}),
    "llama-llama3": ("llama", {**_SMALL, "head_dim": 64, "rope_parameters": _LLAMA3}),
    "llama-yarn": ("llama", {**_SMALL, "rope_parameters": _YARN}),
    "mistral": ("mistral", {**_SMALL, "sliding_window": None}),
    "qwen2": ("qwen2", {**_SMALL, "tie_word_embeddings": True}),
    "qwen2-untied-yarn": ("qwen2", {**_SMALL, "rope_parameters": _YARN}),
    "qwen3": ("qwen3", {**_SMALL, "head_dim": 32, "tie_word_embeddings": True}),
    "starcoder2": ("starcoder2", {**_SMALL, "sliding_window": 4096}),
    "gemma3": ("gemma3_text", _GEMMA),
    "gemma3-linear-softcap": (
        "gemma3_text",
        {
            **_GEMMA,
            "final_logit_softcapping": 30.0,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            },
        },
    ),
    "phi3": ("phi3", {**_SMALL, "original_max_position_embeddings": 256, "pad_token_id": 0}),
    "phi3-longrope": (
        "phi3",
        {
            **_SMALL,
            "original_max_position_embeddings": 64,
            "pad_token_id": 0,
            "rope_parameters": _LONG,
            "tie_word_embeddings": True,
        },
    ),
    "granite": ("granite", {**_SMALL, **_MULTIPLIERS, "tie_word_embeddings": True}),
    "granite-bias": ("granite", {**_SMALL, **_MULTIPLIERS, **_BIAS}),
    "gpt2": ("gpt2", {**_GPT, "n_ctx": 128}),
    "stablelm": ("stablelm", {**_SMALL, "partial_rotary_factor": 0.25, "use_qkv_bias": True}),
    "stablelm-parallel": (
        "stablelm",
        {
            **_SMALL,
            "use_parallel_residual": True,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "partial_rotary_factor": 0.5,
            },
        },
    ),
    "stablelm-head-norms": (
        "stablelm",
        {**_SMALL, "qk_layernorm": True, "use_parallel_residual": True},
    ),
    "smollm3": ("smollm3", {**_SMALL, "num_hidden_layers": 5, "pad_token_id": 0}),
    "gpt_bigcode": ("gpt_bigcode", _GPT),
}


def numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the numbers of the tensor ``name``, float32."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return (generator.integers(-127, 128, shape) / 64).astype(np.float32)


def make_checkpoint(case: str, directory: Path, *, dtype: str) -> None:
    """Write the checkpoint of ``case``; ``dtype`` is torch's name."""
    model_type, settings = CASES[case]
    config = AutoConfig.for_model(model_type, **settings, bos_token_id=1, eos_token_id=2)
    model = AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(numbers(name, tuple(parameter.shape))))
    model.save_pretrained(directory)
    _save_tokenizer(directory, "GPT2Tokenizer" if model_type == "phi3" else _PLAIN_TOKENIZER)


def _save_tokenizer(directory: Path, class_name: str) -> None:
    """Write a byte-level tokenizer that fills the whole vocabulary, so that no row is padding."""
    special = ["<unk>", "<s>", "</s>", "<|endoftext|>"]  # Qwen 2 adds the last one by itself
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=special,
        initial_alphabet=alphabet,
        show_progress=False,
    )
    text = [Path(json.__file__).read_text(), Path(json.decoder.__file__).read_text()]
    tokenizer.train_from_iterator(text, trainer)
    assert tokenizer.get_vocab_size() == VOCABULARY
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {
        "tokenizer_class": class_name,
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(settings))
