"""Tiny whole checkpoints, tokenizer included, of every family: random, but like trained ones."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdedge_converters.conversion import plan_conversion, write_conversion
from kdedge_converters.number_types import NumberType, converted
from tests.family_cases import GOLDEN, config_of
from tests.tiny_checkpoint import TinySafetensors
from tests.tiny_tokenizers import STYLES, write_tokenizer

_PADDING = 3
_ROWS = GOLDEN["llama"]["config"]["vocab_size"]


def write_case(
    directory: Path, case: str = "llama", *, style: str = "smollm", **changed: Any
) -> Path:
    """Write the checkpoint of a golden case with the tokenizer of ``style``."""
    n_rows = write_tokenizer(directory, STYLES[style]) + _PADDING
    config = config_of(case, vocab_size=n_rows, **changed)
    config |= dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"))
    (directory / "config.json").write_text(json.dumps(config))
    stored = {
        name: tuple(n_rows if length == _ROWS else length for length in shape)
        for name, shape in GOLDEN[case]["stored"].items()
    }
    write_weights(directory, {name: weights(name, shape) for name, shape in stored.items()})
    return directory


def write_weights(directory: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    raw = TinySafetensors(arrays=arrays).to_bytes()
    (directory / "model.safetensors").write_bytes(raw)


def weights(name: str, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Return BF16 numbers for the tensor ``name``: of a size that keeps activations in range."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).normal(size=shape)
    if len(shape) == 1:
        is_norm = "norm" in name or "ln_" in name
        numbers = 0.1 * noise + (1.0 if is_norm and name.endswith("weight") else 0.0)
    else:
        numbers = noise * (0.5 if "embed" in name or "wte" in name else shape[-1] ** -0.5)
    return converted(numbers.astype(np.float32), NumberType.BF16)


def write_proof_file(checkpoint: Path, target: Path) -> Path:
    """Convert ``checkpoint`` to F32."""
    plan = plan_conversion(checkpoint, dtype="f32", name=None)
    write_conversion(plan, target, progress=lambda *_: None)
    return target
